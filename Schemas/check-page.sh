#!/bin/sh
# Opens pages of `--html` in headless Chromium (Debian: chromium), without a network:
# nothing may be written to the console, nothing asked for, and at 390 pixels, a phone's width,
# nothing wider than that. Says so and does nothing where there is no Chromium.
#
#     Schemas/check-page.sh PAGE...
set -eu

browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
if [ -z "$browser" ]; then
  echo "no Chromium here; pages are not opened"
  exit 0
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

for page in "$@"; do
  path=$(CDPATH='' cd -- "$(dirname -- "$page")" && pwd)/$(basename -- "$page")
  cat > "$folder/phone.html" << END
<!DOCTYPE html><title>unknown</title>
<iframe id="page" style="width:390px;height:844px;border:0" src="file://$path"></iframe>
<script>
addEventListener("load", () => {
  const page = document.getElementById("page").contentWindow;
  const root = page.document.documentElement;
  const asked = page.performance.getEntriesByType("resource")
    .filter(entry => !entry.name.startsWith("data:")).length;
  document.title = root.querySelector("h1")
    ? "width " + root.scrollWidth + ", " + asked + " requests" : "nothing";
});
</script>
END
  "$browser" --headless --no-sandbox --disable-gpu --hide-scrollbars \
    --user-data-dir="$folder/profile" --proxy-server=127.0.0.1:9 \
    --allow-file-access-from-files --enable-logging=stderr --virtual-time-budget=5000 \
    --window-size=1280,900 --dump-dom "file://$folder/phone.html" \
    > "$folder/dom" 2> "$folder/log"
  if grep ':CONSOLE' "$folder/log"; then
    echo "$page: expected nothing on the console, found the above" >&2
    exit 1
  fi
  found=$(sed -n 's/.*<title>\(.*\)<\/title>.*/\1/p' "$folder/dom" | head -n 1)
  if [ "$found" != "width 390, 0 requests" ]; then
    echo "$page: expected a page of width 390 and 0 requests on a phone, found $found" >&2
    exit 1
  fi
  echo "$page opens without a message, and fits a phone"
done
