// Runs the script of the page to draw on with a stand-in for the browser, and prints what became of each step as JSON.
"use strict";
const page = require("fs").readFileSync(process.argv[2], "utf8");
const script = page.slice(page.indexOf("<script>") + 8, page.indexOf("</script>"));
const inputs = [{ value: "7" }];
const requests = [];

class Part {
  constructor() { this.events = {}; this.style = { setProperty() {} }; this.classList = { toggle() {}, add() {}, remove() {} }; }
  addEventListener(kind, answer) { this.events[kind] = answer; }
  getContext() { return new Proxy({}, { get: () => () => {}, set: () => true }); }
  getBoundingClientRect() { return { left: 0, top: 0, width: 840, height: 420 }; }
  toBlob(take) { take({ size: 1 }); }
  setPointerCapture() {} setAttribute() {} append() {} replaceChildren() {} scrollIntoView() {}
}

const parts = {};
const named = (id) => (parts[id] ??= new Part());
globalThis.document = {
  getElementById: named, createElement: () => new Part(), createElementNS: () => new Part(), querySelectorAll: () => inputs,
};
globalThis.location = { search: "" };
globalThis.addEventListener = () => {};
globalThis.createImageBitmap = (blob) => new Promise((shown) => { blob.shown = () => shown({ width: 10, height: 10 }); });
const settled = () => new Promise((done) => setTimeout(done, 250));  // longer than the page waits before it reads
const answer = (request, fields) => request.done({ ok: true, json: async () => fields });
const reading = { rows: ["7"], digits: [{ label: "7", box: [0, 0, 1, 1], top: [{ label: "7", score: 1 }] }], width: 1, height: 1,
  timing_ms: { total: 1 }, model: { runtime: "none" } };
globalThis.fetch = (path, options = {}) => new Promise((done, fail) => {
  const request = { path: path.split("?")[0], done, blob: options.body };
  requests.push(request);
  options.signal?.addEventListener("abort", () => fail(Object.assign(new Error("aborted"), { name: "AbortError" })));
  if (path === "about") answer(request, { model: "m", variant: "v", labels: ["7"], keeps: true, live: false, most_bytes: 9 });
});

const steps = {
  async keep_twice() {
    await draw();
    answer(requests.at(-1), reading);
    await settled();
    parts.keep.events.click();
    if (!parts.keep.disabled) parts.keep.events.click();
    return requests.filter(({ path }) => path === "keep").length;
  },
  async keep_again_after_a_failure() {
    await draw();
    answer(requests.at(-1), reading);
    await settled();
    parts.keep.events.click();
    requests.at(-1).done({ ok: false, headers: new Map(), text: async () => "full" });
    await settled();
    return [parts.keep.disabled, parts.note.textContent];
  },
  async undo_while_reading() {
    await draw();
    const request = requests.at(-1);
    parts.undo.events.click();
    answer(request, reading);
    await settled();
    return parts.text.textContent;
  },
  async undo_before_reading() {
    stroke();
    parts.undo.events.click();
    await settled();
    return requests.filter(({ path }) => path === "read").length;
  },
  async open_two() {
    const [first, second] = [{ size: 1 }, { size: 2 }];
    for (const blob of [first, second]) parts.file.events.change({ target: { files: [blob] } });
    second.shown();
    await settled();
    first.shown();
    await settled();
    return requests.filter(({ path }) => path === "read").map(({ blob }) => blob.size);
  },
};

function stroke() {
  const pointer = { button: 0, pointerId: 1, clientX: 5, clientY: 5 };
  parts.board.events.pointerdown(pointer);
  parts.board.events.pointerup(pointer);
}

async function draw() {
  stroke();
  await settled();
}

(async () => {
  (0, eval)(script);
  await settled();
  console.log(JSON.stringify(await steps[process.argv[3]]()));
})();
