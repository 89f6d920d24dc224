#!/usr/bin/env bash
# The page of `cairn report` in a real browser, as a file, at 400 and 1,400 pixels: no error in the
# console, no request to anywhere, nothing wider than the window, no text over another or outside
# its chart, and links that lead to places on the page.
set -u
cd "$(dirname "$0")/../.." || exit 1
cairn=${CAIRN:-build/cairn}
browser=$(command -v chromium || command -v chromium-browser) || {
    echo "no chromium here (apt install chromium)"
    exit 77
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0
fail() {
    echo "FAIL $*"
    failures=$((failures + 1))
}

# Kept runs, a run with losses of both kinds, and an agent whose name is long.
long="an agent with a name that no legend has room for & <more> of it, on and on"
mkdir "$work/$long" "$work/short"
zcat runs/results/ppo/seed0/stats.jsonl.gz | head -n 900 >"$work/$long/stats.jsonl"
zcat runs/results/ppo/seed1/stats.jsonl.gz | head -n 1 >"$work/short/stats.jsonl"
awk 'BEGIN {
    for (i = 1; i <= 80; i++) {
        printf "{\"step\": %d, \"policy_loss\": %g, \"value_loss\": %g, \"entropy\": %g, ", i * 2048,
            -0.01 / i, 1e5 / i, 2.8 - i / 50
        printf "\"gradient_norm\": 1e-7, \"time_total\": %d, \"time_update\": 1}\n", i * 2
        if (i % 16 == 0) {
            printf "{\"step\": %d, \"distil_epoch\": 1, \"prediction_loss\": 0.%d}\n", i * 2048, 99 - i
        }
    }
}' >"$work/$long/metrics.jsonl"
"$cairn" report runs/results/ppo/* "$work/$long" "$work/short" --html "$work/page.html" >/dev/null ||
    fail "no page was written"

browse() { # PAGE; the network is out of reach
    timeout 120 "$browser" --headless=new --no-sandbox --disable-gpu --user-data-dir="$work/profile" \
        --disable-background-networking --disable-component-update --no-first-run --hide-scrollbars \
        --proxy-server=127.0.0.1:9 --enable-logging=stderr --virtual-time-budget=5000 \
        --window-size=1500,1000 --dump-dom "file://$1" 2>"$work/err"
}

# As it is: its own policy would be broken, and the console say so, if it asked for anything.
browse "$work/page.html" >"$work/dom" || fail "$browser could not load the page"
grep -q 'id="runs"' "$work/dom" || fail "the page was not shown to its end"
grep -a CONSOLE "$work/err" && fail "the console has something to say"

# With a script that looks at what lies where.
cat >"$work/look.js" <<'SCRIPT'
const wrong = [];
document.querySelectorAll("details").forEach(one => one.open = true);
if (document.documentElement.scrollWidth > innerWidth) {
    wrong.push("wider than the window: " + document.documentElement.scrollWidth);
}
const shown = box => box.width > 0 && box.height > 0;
let texts = 0;
for (const chart of document.querySelectorAll("svg")) {
    const frame = chart.getBoundingClientRect();
    if (!shown(frame)) continue;
    if (!chart.getAttribute("aria-label")) wrong.push("a chart without a text alternative");
    const labels = [...chart.querySelectorAll("text")].map(
        one => [one.textContent, one.getBoundingClientRect(), one.hasAttribute("transform")]);
    texts += labels.length;
    for (const [text, box] of labels) {
        if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 2 ||
            box.bottom > frame.bottom + 2) {
            wrong.push("outside its chart: " + text);
        }
    }
    for (let i = 0; i < labels.length; i++) { // slanted names are side by side by their pitch
        for (let j = 0; j < i; j++) {
            const [a, first, slanted] = labels[i], [b, second, other] = labels[j];
            if (!slanted && !other && first.left + 0.5 < second.right &&
                second.left + 0.5 < first.right && first.top + 1.5 < second.bottom &&
                second.top + 1.5 < first.bottom) {
                wrong.push("on each other: " + a + " / " + b);
            }
        }
    }
}
if (texts < 100) wrong.push("only " + texts + " texts in charts");
const links = document.querySelectorAll("a[href]");
for (const link of links) {
    link.click();
    const target = document.querySelector(":target");
    const box = target && target.getBoundingClientRect();
    if (!target || box.bottom < 0 || box.top > innerHeight) {
        wrong.push("leads nowhere: " + link.getAttribute("href"));
    }
}
if (links.length < 10) wrong.push("only " + links.length + " links");
for (const request of performance.getEntriesByType("resource")) {
    if (!request.name.startsWith("data:")) wrong.push("asks for " + request.name);
}
const answer = innerWidth + " pixels: " + (wrong.length ? wrong.slice(0, 9).join("; ") : "fine");
parent.postMessage(answer, "*");
SCRIPT
sed -e '/http-equiv="Content-Security-Policy"/d' "$work/page.html" >"$work/looked.html"
{
    echo "<script>"
    cat "$work/look.js"
    echo "</script>"
} >>"$work/looked.html"
# A window cannot be as narrow as a telephone; a frame can.
for width in 400 1400; do
    cat >"$work/frame.html" <<FRAME
<!DOCTYPE html><title>no answer</title>
<script>addEventListener("message", event => { document.title = event.data; });</script>
<iframe src="looked.html" style="width: ${width}px; height: 900px; border: 0"></iframe>
FRAME
    browse "$work/frame.html" >"$work/dom"
    title=$(grep -oE '<title>[^<]*' "$work/dom" | head -n 1)
    [ "$title" = "<title>$width pixels: fine" ] || fail "at $width pixels: $title"
    echo "${title#<title>}"
done
[ "$failures" -eq 0 ]
