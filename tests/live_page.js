// Runs the script of a run's page with a stand-in for the browser; prints what it shows after each answer as JSON.
"use strict";
const page = require("fs").readFileSync(process.argv[2], "utf8");
const script = page.slice(page.indexOf("<script>") + 8, page.indexOf("</script>"));
const marks = {}, shown = [];
const part = () => ({ addEventListener() {}, classList: { toggle: (name, on) => { marks[name] = on; } } });
const parts = {};
globalThis.document = { getElementById: (id) => (parts[id] ??= part()), body: part() };
globalThis.location = { search: "?token=t" };

const json = (fields) => ({ headers: new Map([["Content-Type", "application/json"]]), json: async () => fields });
const text = (said) => ({ headers: new Map([["Content-Type", "text/plain"]]), text: async () => said });
const read = { readings: [{ text: "41", rows: ["41"], held: "40" }] };
const doubted = { readings: [{ text: "39", rows: ["39"], held: "40", held_back: "fell from 40 to 39" }] };
const rounds = [  // what answers /readings and /healthz, one round after the other
  [json(read), json({ status: "ok" })],
  [json(read), json({ status: "source away" })],
  [new Error("refused")],
  [text("a token is needed\n")],
  [json({ readings: [{ text: "", rows: [], held: "" }] }), json({ status: "ok" })],
  [json(doubted), json({ status: "ok" })],
  [json(doubted), json({ status: "source away" })],
];
let round = -1, streams = new Set(), answers = [];
globalThis.fetch = async () => {
  const answer = answers.shift();
  if (answer instanceof Error) throw answer;
  return answer;
};
globalThis.setTimeout = (again) => {
  streams.add(parts.frame.src);
  shown.push([parts.text.textContent ?? "", parts.state.textContent, marks.old]);
  answers = rounds[++round + 1];
  answers ? again() : console.log(JSON.stringify({ shown, streams: streams.size }));
};
let now = 0;
Date.now = () => ++now;
answers = rounds[0];
(0, eval)(script);
