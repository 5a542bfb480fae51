# Installation and packages: programs linked statically against Swift's library, so that they need no
# Swift toolchain, with man pages and completions. Needs make 4.3 or later.

PREFIX := /usr/local
DESTDIR :=

# Where manuals and completions go, under PREFIX. Debian's zsh looks for those of packages elsewhere.
MANUALS := share/man/man1
BASH_COMPLETIONS := share/bash-completion/completions
ZSH_COMPLETIONS := share/zsh/site-functions
FISH_COMPLETIONS := share/fish/vendor_completions.d

STATIC := .build/static$(if $(FFMPEG),-ffmpeg)$(if $(MPI),-mpi)
STAGE := $(STATIC)/stage

BINARIES := $(TOOL_NAMES:%=$(STAGE)/bin/%)
MANUAL_FILES := $(TOOL_NAMES:%=$(STAGE)/man/%.1)
BASH_FILES := $(TOOL_NAMES:%=$(STAGE)/bash/%)
ZSH_FILES := $(TOOL_NAMES:%=$(STAGE)/zsh/_%)
FISH_FILES := $(TOOL_NAMES:%=$(STAGE)/fish/%.fish)
STAGED := $(BINARIES) $(MANUAL_FILES) $(BASH_FILES) $(ZSH_FILES) $(FISH_FILES)

# The newest entry of the changelog: version and day.
CHANGELOG := .github/CHANGELOG.md
VERSION = $(word 2,$(shell grep -m 1 '^## ' $(CHANGELOG)))
DAY = $(word 4,$(shell grep -m 1 '^## ' $(CHANGELOG)))

DEB_FOLDER := $(STATIC)/deb
DEB = .build/stm-tools_$(VERSION)_$(shell dpkg --print-architecture).deb

.PHONY: version tool-names tools install uninstall deb check-deb example

version:
	@echo $(VERSION)

tool-names:
	@echo $(TOOL_NAMES)

# What install copies; as an ordinary user before `sudo make install`, which then builds nothing.
tools: $(STAGED)

$(STAGED) &: $(CHANGELOG) .packaging/stage.sh $(wildcard Package.swift) \
		$(if $(wildcard Sources),$(shell find Sources -type f)) | deps
	swift build -c release $(TRAITS) --static-swift-stdlib -Xlinker -s --scratch-path $(STATIC)
	swift build -c release --package-path $(STATIC)/checkouts/swift-argument-parser \
	  --scratch-path $(STATIC)/manual --product generate-manual
	.packaging/stage.sh $(STATIC) $(STAGE) $(VERSION) $(DAY) $(TOOL_NAMES)

install: $(STAGED)
	install -d $(addprefix $(DESTDIR)$(PREFIX)/,bin $(MANUALS) $(BASH_COMPLETIONS) \
	  $(ZSH_COMPLETIONS) $(FISH_COMPLETIONS))
	install -m 755 $(BINARIES) $(DESTDIR)$(PREFIX)/bin
	install -m 644 $(MANUAL_FILES) $(DESTDIR)$(PREFIX)/$(MANUALS)
	install -m 644 $(BASH_FILES) $(DESTDIR)$(PREFIX)/$(BASH_COMPLETIONS)
	install -m 644 $(ZSH_FILES) $(DESTDIR)$(PREFIX)/$(ZSH_COMPLETIONS)
	install -m 644 $(FISH_FILES) $(DESTDIR)$(PREFIX)/$(FISH_COMPLETIONS)

# Folders stay, since others may use them.
uninstall:
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/,$(TOOL_NAMES:%=bin/%) $(TOOL_NAMES:%=$(MANUALS)/%.1) \
	  $(TOOL_NAMES:%=$(BASH_COMPLETIONS)/%) $(TOOL_NAMES:%=$(ZSH_COMPLETIONS)/_%) \
	  $(TOOL_NAMES:%=$(FISH_COMPLETIONS)/%.fish))

# A package for the Debian that it is made on; the same tools give the same bytes.
deb: PACKAGES += dpkg-dev
deb: deps $(STAGED)
	rm -rf $(DEB_FOLDER)
	$(MAKE) install DESTDIR=$(abspath $(DEB_FOLDER))/root PREFIX=/usr \
	  ZSH_COMPLETIONS=share/zsh/vendor-completions
	.packaging/deb.sh $(DEB_FOLDER) $(CHANGELOG) $(STATIC)/checkouts $(DEB)

# The package in a Debian of its own, bare but for what the package depends on: the demo with the
# installed tools, manuals, completions, and what removing it leaves. Needs root, and the network.
check-deb: PACKAGES += debootstrap
check-deb: deb
	.packaging/check-deb.sh $(DEB) Makefile .packaging .github $(SAMPLE)

# A package of its own that depends on this one, built as its users build it; then run on the demo's
# model.
example: deps
	swift build --package-path Tests/Example --scratch-path .build/example
	@test -e $(DEMO)/stm.safetensors || \
	  { echo "$(DEMO)/stm.safetensors: not there; run make demo first" >&2; exit 1; }
	.build/example/debug/stm-example $(DEMO)/stm.safetensors $(SAMPLE)/clip/masks/00000.png \
	  $(SAMPLE)/clip/frames/0000[01].*
