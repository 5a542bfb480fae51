# What Debian 12 needs beside the Swift toolchain: headers of the C libraries; and, for continuous
# integration alone, the compiler of the ONNX schema and what checks reports against theirs.
PACKAGES := pkg-config libprotobuf-c-dev protobuf-c-compiler protobuf-compiler libhdf5-dev \
	libseccomp-dev libssl-dev zlib1g-dev libdnnl-dev libpng-dev libjpeg62-turbo-dev \
	python3-jsonschema

# make FFMPEG=1 build (or test): clips may be video files, which FFmpeg's libraries decode. All
# sources are compiled anew when this changes.
FFMPEG :=
PACKAGES += $(if $(FFMPEG),libavformat-dev libavcodec-dev libavutil-dev libswscale-dev)

# make MPI=1 build (or test): mpirun and srun start tools as several processes that share work.
MPI :=
PACKAGES += $(if $(MPI),libopenmpi-dev openmpi-bin)

COMMA := ,
TRAITS := $(if $(FFMPEG),FFmpeg)$(if $(FFMPEG),$(if $(MPI),$(COMMA)))$(if $(MPI),MPI)
TRAITS := $(if $(TRAITS),--traits $(TRAITS))

TOOL_NAMES := stm-convert stm-quantize stm-verify stm-segment stm-evaluate stm-train

TOOLS := .build/release
SAMPLE := SampleWeights
DEMO := demo

BENCHMARKS := Tests/Benchmarks
PEERS := .build/peers
PEERS_PYTHON := .build/peers-venv

.PHONY: all deps build test fuzz sanitize demo run-demo conformance check-export check-oracle soak \
	policies kill docs run-docs picture bench-quantizers bench-peers bench-training bench-adapt \
	bench-recipe bench bench-verify bench-evaluate bench-confinement format lint check hooks clean

all: build

# Installs what is missing, without questions; through sudo only when not root.
deps:
	@missing=$$(for package in $(PACKAGES); do \
	  dpkg-query -W -f '$${Status}' $$package 2>/dev/null | grep -q 'ok installed' || echo $$package; \
	done); \
	if [ -n "$$missing" ]; then \
	  root=$$([ "$$(id -u)" -eq 0 ] || echo sudo); \
	  $$root apt-get -qq update && \
	  DEBIAN_FRONTEND=noninteractive $$root apt-get -qq install -y --no-install-recommends $$missing; \
	fi

build: deps
	swift build -c release $(TRAITS)

# What tests are of: optimised, since much of it computes networks, but with what is internal open to
# them; and built apart, since tools without tests are to be as they are shipped. The floors' import
# rule is checked by the same build.
TESTED := .build/testing
TESTING := -c release --scratch-path $(TESTED) -Xswiftc -enable-testing $(TRAITS) \
	--explicit-target-dependency-import-check error

# All tests. oneDNN's run by themselves: its teams of threads get in one another's way.
test: deps
	swift build $(TESTING) --build-tests
	swift test $(TESTING) --skip-build --disable-xctest --skip OneDNNBackendTests
	swift test $(TESTING) --skip-build --disable-xctest --no-parallel --filter OneDNNBackendTests

# Coverage-guided fuzzing of each parser with libFuzzer and AddressSanitizer, one after another, for
# SECONDS each: no crash, no hang above 1 s, no leak, no memory out of proportion. It stops a parser
# at the first finding, and starts with those of the past (Tests/Fuzz/corpus). Of several -sanitize the
# Swift compiler heeds the last, so that one has to name both.
PARSERS := onnx onnx-tensor hdf5 hdf5-answer keras keras-json pytorch pytorch-legacy safetensors \
	npy npz zip png jpeg rules statistics plan
SECONDS := 600

fuzz: build
	swift build -c release --package-path Tests/Fuzz --scratch-path .build/fuzz \
	  --sanitize fuzzer --sanitize address -Xswiftc -sanitize=fuzzer,address -Xswiftc -enable-testing \
	  --product fuzz
	swift build -c release --package-path Tests/Fuzz --scratch-path .build/replay \
	  -Xswiftc -enable-testing --product replay
	Tests/Fuzz/fuzz.sh .build/fuzz $(SECONDS) $(PARSERS)

# The documentation of all floors as a site of static pages under SITE; every symbol must have some,
# and every link must lead somewhere.
SITE := .build/site

docs: deps
	swift build $(TESTING) --build-tests
	Tests/Documentation/site.sh $(TESTED) $(SITE)

# Every command of every page of the documentation, on small files of its own; some minutes.
run-docs: build
	python3 Tests/Documentation/run.py $(TOOLS)

# The picture at the top of the README, of what make demo leaves. Needs chromium.
picture: build
	@test -e $(DEMO)/int8.json || \
	  { echo "$(DEMO)/int8.json: not there; run make demo first" >&2; exit 1; }
	python3 Tests/Documentation/picture.py $(TOOLS) $(DEMO) $(SAMPLE)/clip \
	  Sources/Guide.docc/Resources/overview.png

# The tests with AddressSanitizer, which finds leaks too, and with ThreadSanitizer; SANITIZED chooses
# some, as --filter does. CommandTests are left out: they look at exit codes of tools, which the
# sanitizers change; so are confined processes, whose memory a sanitizer's own exceeds, the tests of
# comparisons, searches and oneDNN's kernels, which take hours with sanitizers, and for ThreadSanitizer
# the damaged files, which one thread reads.
SANITIZED := .
UNSANITIZED := CommandTests|ConfinedReader|SandboxTests|OneDNNBackendTests|VerificationTests|TuningTests|FindingTests
SANITIZE = SWIFT_BACKTRACE=enable=no swift test --skip-build --disable-xctest

sanitize: deps
	swift build --build-tests --sanitize address --scratch-path .build/asan
	LSAN_OPTIONS=suppressions=Tests/Fuzz/leaks.txt:print_suppressions=0 \
	  $(SANITIZE) --sanitize address --scratch-path .build/asan \
	  --filter '$(SANITIZED)' --skip '$(UNSANITIZED)'
	swift build --build-tests --sanitize thread --scratch-path .build/tsan
	TSAN_OPTIONS=suppressions=Tests/Fuzz/races.txt \
	  $(SANITIZE) --sanitize thread --scratch-path .build/tsan \
	  --filter '$(SANITIZED)' --skip '$(UNSANITIZED)|HostileInputTests'

# The main job, end to end, on the sample model and clip: import, quantize, verify. run-demo builds
# nothing: make run-demo TOOLS=/usr/bin is the demo of installed tools.
demo: build
	$(MAKE) run-demo

run-demo:
	mkdir -p $(DEMO)
	$(TOOLS)/stm-convert $(SAMPLE)/onnx/memorize.onnx $(SAMPLE)/onnx/query.onnx \
	  $(SAMPLE)/onnx/decode.onnx -o $(DEMO)/stm.safetensors --report $(DEMO)/import.json
	$(TOOLS)/stm-convert $(SAMPLE)/hdf5/stm.h5 -o $(DEMO)/stm-hdf5.safetensors
	$(TOOLS)/stm-convert inspect $(DEMO)/stm.safetensors --json > $(DEMO)/inspection.json
	$(TOOLS)/stm-convert diff $(DEMO)/stm-hdf5.safetensors $(DEMO)/stm.safetensors --quiet \
	  --report $(DEMO)/difference.json || [ $$? -eq 1 ]
	$(TOOLS)/stm-verify golden $(DEMO)/stm.safetensors $(SAMPLE)/golden.safetensors \
	  --report $(DEMO)/golden.json
	$(TOOLS)/stm-verify golden $(DEMO)/stm.safetensors $(SAMPLE)/golden.safetensors \
	  --backend reference --worst 3
	$(TOOLS)/stm-verify save $(DEMO)/stm.safetensors --clip $(SAMPLE)/clip --long-edge 160 \
	  -o $(DEMO)/golden.npz --json > $(DEMO)/recording.json
	$(TOOLS)/stm-verify golden $(DEMO)/stm.safetensors $(DEMO)/golden.npz --quiet
	$(TOOLS)/stm-verify source $(DEMO)/stm.safetensors $(SAMPLE)/onnx/memorize.onnx \
	  $(SAMPLE)/onnx/query.onnx $(SAMPLE)/onnx/decode.onnx --report $(DEMO)/source.json
	$(TOOLS)/stm-quantize check $(DEMO)/stm.safetensors --precision fp16 --clip $(SAMPLE)/clip \
	  --frames 12 --json > $(DEMO)/check.json
	$(TOOLS)/stm-quantize $(DEMO)/stm.safetensors -o $(DEMO)/stm-fp16.safetensors \
	  --precision fp16
	$(TOOLS)/stm-quantize $(DEMO)/stm.safetensors -o $(DEMO)/stm-bf16.safetensors \
	  --precision bf16
	$(TOOLS)/stm-quantize calibrate $(DEMO)/stm.safetensors $(SAMPLE)/clip --frames 12 \
	  -o $(DEMO)/statistics.json --json > $(DEMO)/calibration.json
	$(TOOLS)/stm-quantize $(DEMO)/stm.safetensors -o $(DEMO)/stm-int8.safetensors \
	  --precision int8 --calibrate $(SAMPLE)/clip --frames 12 --json > $(DEMO)/quantization.json
	$(TOOLS)/stm-quantize $(DEMO)/stm.safetensors -o $(DEMO)/stm-w8.safetensors --precision w8
	$(TOOLS)/stm-quantize sensitivity $(DEMO)/stm.safetensors --statistics $(DEMO)/statistics.json \
	  --clip $(SAMPLE)/clip --frames 2 --long-edge 160 --worst 5 --report $(DEMO)/sensitivity.json
	$(TOOLS)/stm-quantize $(DEMO)/stm.safetensors -o $(DEMO)/stm-mixed.safetensors \
	  --precision mixed --max-size 0.45x --search-clip $(SAMPLE)/clip --frames 3 --long-edge 160 \
	  --max-evaluations 8 --json > $(DEMO)/mixed.json
	$(TOOLS)/stm-quantize plan $(DEMO)/stm-int8.safetensors --require-coverage 0.98 --json \
	  > $(DEMO)/plan.json
	$(TOOLS)/stm-verify $(DEMO)/stm.safetensors $(DEMO)/stm-fp16.safetensors \
	  --clip $(SAMPLE)/clip --report $(DEMO)/fp16.json --html $(DEMO)/fp16.html --min-iou 0.9899
	$(TOOLS)/stm-verify $(DEMO)/stm.safetensors $(DEMO)/stm-bf16.safetensors \
	  --clip $(SAMPLE)/clip --report $(DEMO)/bf16.json
	$(TOOLS)/stm-verify $(DEMO)/stm.safetensors $(DEMO)/stm-int8.safetensors \
	  --clip $(SAMPLE)/clip --report $(DEMO)/int8.json --html $(DEMO)/int8.html --min-iou 0.9888
	$(TOOLS)/stm-verify $(DEMO)/stm.safetensors $(DEMO)/stm-w8.safetensors \
	  --clip $(SAMPLE)/clip --report $(DEMO)/w8.json
	$(TOOLS)/stm-verify $(DEMO)/stm.safetensors $(DEMO)/stm-mixed.safetensors \
	  --clip $(SAMPLE)/clip --report $(DEMO)/mixed-parity.json --min-iou 0.999
	$(TOOLS)/stm-verify compare-reports $(DEMO)/bf16.json $(DEMO)/fp16.json --force \
	  --report $(DEMO)/comparison.json || [ $$? -eq 1 ]
	rm -rf $(DEMO)/clips $(DEMO)/set
	mkdir -p $(DEMO)/clips
	cp -R $(SAMPLE)/clip $(DEMO)/clips/sample
	$(TOOLS)/stm-verify $(DEMO)/stm.safetensors $(DEMO)/stm-int8.safetensors \
	  --clips $(DEMO)/clips --frames 3 --long-edge 160 --report $(DEMO)/set
	$(TOOLS)/stm-verify locate $(DEMO)/stm.safetensors $(DEMO)/stm-int8.safetensors \
	  --clip $(SAMPLE)/clip --frames 3 --overflow --report $(DEMO)/location.json
	$(TOOLS)/stm-verify repeat $(DEMO)/stm-int8.safetensors --clip $(SAMPLE)/clip --frames 3 \
	  --report $(DEMO)/repetition.json
	$(TOOLS)/stm-verify bisect $(DEMO)/stm.safetensors $(DEMO)/stm-int8.safetensors \
	  --clip $(SAMPLE)/clip --frames 2 --long-edge 160 --gate 'sqnr(Decoder.upsample) >= 42' \
	  --max-runs 40 --report $(DEMO)/bisection.json
	rm -rf $(DEMO)/case
	$(TOOLS)/stm-verify repro $(DEMO)/stm.safetensors $(DEMO)/stm-int8.safetensors \
	  --clip $(SAMPLE)/clip --frames 3 --layer Decoder.RF3.ResMM.conv2 -o $(DEMO)/case
	$(TOOLS)/stm-verify run-repro $(DEMO)/case --report $(DEMO)/repro.json
	$(TOOLS)/stm-verify profile $(DEMO)/stm.safetensors --size 96x160 --quiet \
	  --report $(DEMO)/profile.json
	$(TOOLS)/stm-convert export $(DEMO)/stm.safetensors --to onnx -o $(DEMO)/onnx \
	  --report $(DEMO)/export.json
	$(TOOLS)/stm-verify source $(DEMO)/stm.safetensors $(DEMO)/onnx/memorize.onnx \
	  $(DEMO)/onnx/query.onnx $(DEMO)/onnx/decode.onnx --worst 3
	$(TOOLS)/stm-convert export $(DEMO)/stm-int8.safetensors --to onnx-qdq -o $(DEMO)/onnx-qdq
	rm -rf $(DEMO)/run
	$(TOOLS)/stm-train video $(DEMO)/stm.safetensors --clips $(SAMPLE)/clip --size 144x240 \
	  --batch 2 --steps 10 --max-skip 5 --validate $(SAMPLE)/clip --validate-frames 6 \
	  --validate-every 5 --run $(DEMO)/run -o $(DEMO)/stm-trained.safetensors
	for model in stm stm-fp16 stm-bf16 stm-int8; do \
	  $(TOOLS)/stm-segment $(DEMO)/$$model.safetensors --clip $(SAMPLE)/clip \
	    -o $(DEMO)/masks/$$model || exit 1; \
	done
	$(TOOLS)/stm-evaluate $(DEMO)/masks/stm-int8 $(SAMPLE)/clip \
	  --report $(DEMO)/evaluation.json --html $(DEMO)/evaluation.html
	@echo "models, reports and masks are under $(DEMO)/"

# The ONNX project's own tests of operators, on oneDNN and in plain loops; writes the table of the
# documentation. Needs python3 with pip, and the network.
conformance: build
	Tests/Conformance/fetch.sh .build/conformance
	$(TOOLS)/stm-verify conformance .build/conformance/onnx/backend/test/data
	$(TOOLS)/stm-verify conformance .build/conformance/onnx/backend/test/data \
	  --backend reference --quiet --report .build/conformance/report.json \
	  --table Sources/OnnxExecution/OnnxExecution.docc/Conformance.md

# The int8 model of the demo in ONNX Runtime, its masks beside our own; CLIPS may name other clips.
# Needs python3 with venv, and the network, once.
CLIPS := $(SAMPLE)/clip

check-export: build $(PEERS_PYTHON)
	@test -e $(DEMO)/stm-int8.safetensors || \
	  { echo "$(DEMO)/stm-int8.safetensors: not there; run make demo first" >&2; exit 1; }
	$(PEERS_PYTHON)/bin/python $(BENCHMARKS)/check_export.py $(TOOLS) $(DEMO)/stm-int8.safetensors \
	  .build/check-export $(CLIPS)

# The masks of the demo's model beside those of another program with the same weights, such as one in
# PyTorch: ORACLE is run with a model, a clip and a folder. PYTHON needs numpy and pillow.
ORACLE :=
PYTHON := python3

check-oracle: build
	@test -n "$(ORACLE)" || { echo "name a program: make check-oracle ORACLE='...'" >&2; exit 1; }
	$(PYTHON) $(BENCHMARKS)/check_oracle.py $(TOOLS) $(DEMO)/stm-hdf5.safetensors \
	  .build/check-oracle $(CLIPS) --oracle '$(ORACLE)'

# J under every memory policy, of the demo's model in int8 over CLIPS.
policies: build
	@test -e $(DEMO)/stm-int8.safetensors || \
	  { echo "$(DEMO)/stm-int8.safetensors: not there; run make demo first" >&2; exit 1; }
	python3 $(BENCHMARKS)/policies.py $(TOOLS) $(DEMO)/stm-int8.safetensors .build/policies $(CLIPS)

# A video of 2000 frames in a memory of 8: whether time and memory a frame stay what they are.
soak: build
	@test -e $(DEMO)/stm-int8.safetensors || \
	  { echo "$(DEMO)/stm-int8.safetensors: not there; run make demo first" >&2; exit 1; }
	mkdir -p .build/soak
	python3 $(BENCHMARKS)/soak.py $(TOOLS) $(DEMO)/stm-int8.safetensors .build/soak $(SAMPLE)/clip \
	  --report .build/soak/soak.md

# Runs of the tools killed at random moments, and on full disks: what is left. Some minutes a run.
KILL :=

kill: build
	mkdir -p .build/kill
	python3 Tests/Robustness/kill.py $(TOOLS) .build/kill $(SAMPLE) --report .build/kill/kill.md \
	  $(KILL)

# Other quantizers and ours on the demo's model: logits, masks and times. CALIBRATION and CLIPS may
# name other clips, INT8 and MIXED the flags of stm-quantize, QUANTIZERS other options of the script.
# Needs python3 with venv, and the network, once; then some minutes a clip.
CALIBRATION := $(SAMPLE)/clip
INT8 :=
MIXED :=

bench-quantizers: build $(PEERS_PYTHON)
	@test -e $(DEMO)/stm.safetensors || \
	  { echo "$(DEMO)/stm.safetensors: not there; run make demo first" >&2; exit 1; }
	mkdir -p .build/quantizers
	$(PEERS_PYTHON)/bin/python $(BENCHMARKS)/quantizers.py $(TOOLS) $(DEMO)/stm.safetensors \
	  .build/quantizers --calibrate $(CALIBRATION) --clips $(CLIPS) --int8='$(INT8)' \
	  --mixed='$(MIXED)' --report .build/quantizers/quantizers.md $(QUANTIZERS)

# What runs a network of this kind elsewhere, in turns with stm-verify profile, at the published
# size. Needs python3 with venv, and the network, once; then most of an hour.
bench-peers: build $(PEERS_PYTHON)
	mkdir -p $(PEERS)
	$(PEERS_PYTHON)/bin/python $(BENCHMARKS)/peers.py $(TOOLS) $(PEERS) --report $(PEERS)/peers.md

# stm-evaluate beside a Python evaluation, 100 frames on one core: times, and the largest difference
# between their figures. MASKS may name other masks. Needs python3 with venv, and the network, once.
EVALUATION_PYTHON := .build/evaluation-venv
MASKS := $(SAMPLE)/clip/masks

bench-evaluate: build $(EVALUATION_PYTHON)
	$(EVALUATION_PYTHON)/bin/python $(BENCHMARKS)/evaluation.py $(TOOLS) .build/evaluation $(MASKS) \
	  --report .build/evaluation/evaluation.md

$(EVALUATION_PYTHON):
	python3 -m venv $@
	$@/bin/pip install --quiet vos-benchmark || { rm -rf $@; exit 1; }

# What reading HDF5 in a confined process costs, on the model of bench-peers. Needs python3 with venv,
# and the network, once.
bench-confinement: build $(PEERS_PYTHON)
	@test -e $(PEERS)/stm.safetensors || \
	  { echo "$(PEERS)/stm.safetensors: not there; run make bench-peers first" >&2; exit 1; }
	$(PEERS_PYTHON)/bin/python $(BENCHMARKS)/confinement.py $(TOOLS) .build/confinement \
	  $(PEERS)/stm.safetensors --report .build/confinement/confinement.md

# Every part at several sizes, memories and numbers of objects, on the models of bench-peers.
bench: build
	@test -e $(PEERS)/stm-int8.safetensors || \
	  { echo "$(PEERS)/stm-int8.safetensors: not there; run make bench-peers first" >&2; exit 1; }
	python3 $(BENCHMARKS)/sweep.py $(TOOLS) $(PEERS)/stm.safetensors \
	  $(PEERS)/stm-bf16.safetensors $(PEERS)/stm-int8.safetensors --report $(PEERS)/sweep.md

# What a comparison over a clip of 30 frames costs beside plain runs of both precisions, at the
# published size. Needs python3 with venv, and the network, once; then some minutes.
bench-verify: build $(PEERS_PYTHON)
	mkdir -p .build/verify
	$(PEERS_PYTHON)/bin/python $(BENCHMARKS)/verify.py $(TOOLS) .build/verify \
	  --report .build/verify/verify.md

# stm-train and PyTorch on the same clips from the same weights, by loss and by time. NETWORK is the
# network in PyTorch, which is not part of this suite (Tests/Benchmarks/training.py).
bench-training: build $(PEERS_PYTHON) .build/pictures
	@test -n "$(NETWORK)" || { echo "name a network: make bench-training NETWORK=STM.py" >&2; exit 1; }
	$(TOOLS)/stm-convert $(SAMPLE)/hdf5/stm.h5 -o .build/pictures/stm.safetensors --quiet
	$(PEERS_PYTHON)/bin/python $(BENCHMARKS)/training.py $(TOOLS) .build/pictures/stm.safetensors \
	  .build/bench-training --network $(NETWORK) --cutouts .build/pictures/cutouts \
	  --backgrounds .build/pictures/backgrounds

# What stm-train does for the sample model: J on its clip, and the IoU of an int8 model of six bits.
bench-adapt: build
	mkdir -p .build/bench-adapt
	$(TOOLS)/stm-convert $(SAMPLE)/hdf5/stm.h5 -o .build/bench-adapt/stm.safetensors --quiet
	python3 $(BENCHMARKS)/adapt.py $(TOOLS) .build/bench-adapt/stm.safetensors $(SAMPLE)/clip \
	  .build/bench-adapt

# The sample model trained further on cut-outs over backgrounds, and J and F on CLIPS before and after.
# An hour or two; without AVX512-BF16: RECIPE='--precision fp32'.
RECIPE :=

bench-recipe: build .build/pictures
	$(TOOLS)/stm-convert $(SAMPLE)/hdf5/stm.h5 -o .build/pictures/stm.safetensors --quiet
	python3 $(BENCHMARKS)/recipe.py $(TOOLS) .build/pictures/stm.safetensors .build/pictures \
	  .build/bench-recipe $(CLIPS) $(RECIPE)

# Cut-outs and backgrounds to train on, of artwork that Debian distributes.
ARTWORK := tuxpaint-stamps-default gnome-backgrounds mate-backgrounds plasma-workspace-wallpapers

.build/pictures: $(PEERS_PYTHON)
	rm -rf $@.packages && mkdir -p $@.packages/unpacked
	cd $@.packages && apt-get -qq download $(ARTWORK)
	for package in $@.packages/*.deb; do dpkg-deb -x $$package $@.packages/unpacked || exit 1; done
	$(PEERS_PYTHON)/bin/python $(BENCHMARKS)/pictures.py $@.packages/unpacked $@
	rm -rf $@.packages

$(PEERS_PYTHON):
	python3 -m venv $@
	$@/bin/pip install --quiet torch onnx onnxscript onnxruntime openvino nncf numpy safetensors \
	  h5py pillow \
	  || { rm -rf $@; exit 1; }

include .packaging/packaging.mk

format:
	swift format -i -r Sources Tests Package.swift

# LINTED chooses some sources; without any, nothing is done.
LINTED := Sources Tests Package.swift

lint:
	$(if $(LINTED),swift format lint -p -r -s $(LINTED))

# What a commit must pass: seconds, and nothing is built. The style of Swift, the syntax of scripts,
# the guide's maps of floors and schemas, and the links and paths of pages.
check: lint
	python3 .ci/scripts.py
	python3 -B Tests/Documentation/test_maps.py
	python3 Tests/Documentation/maps.py
	python3 Tests/Documentation/catalogs.py

# Has git run make check on what each commit holds, in this clone; git config --unset core.hooksPath
# turns that off.
hooks:
	git config core.hooksPath .github/hooks

clean:
	rm -rf .build $(DEMO)
