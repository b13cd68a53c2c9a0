"""The look of the pages that measuring and evaluating make, on a screen of any width and on paper."""

STYLE = """\
:root { --ink: #20242c; --faint: #5d636e; --line: #d9dce1; --accent: #c8501e; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 76rem; padding: 1.2rem; color: var(--ink); background: #fff;
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
h1 { font-size: 1.5rem; line-height: 1.2; margin: .2rem 0 .3rem; }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
p { margin: .3rem 0; }
.faint { color: var(--faint); }
.verdict { border-left: .25rem solid var(--accent); padding: .4rem .9rem; margin: 1rem 0; }
.warning { border-left: .25rem solid #b00020; padding: .4rem .9rem; margin: 1rem 0; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); gap: 1.2rem;
  align-items: start; margin-top: 1rem; }
.plots img { width: 100%; height: auto; max-width: 38rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .8rem; font-variant-numeric: tabular-nums; }
th, td { padding: .4rem; border-bottom: 1px solid var(--line); text-align: left; white-space: nowrap; }
th { font-weight: 600; color: var(--faint); }
.number { text-align: right; }
td.reason { white-space: normal; min-width: 16rem; color: #b00020; }
tr.best td { font-weight: 600; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1.2rem; margin: 0; font-size: .92rem; }
dt { color: var(--faint); }
dd { margin: 0; overflow-wrap: anywhere; }
ul { margin: 0; padding-left: 1.2rem; font-size: .92rem; }
@media screen and (max-width: 44rem) {
  body { padding: .9rem; }
  dl { grid-template-columns: 1fr; }
  dd { margin: 0 0 .4rem; }
}
@media print {
  body { max-width: none; padding: 0; font-size: 10pt; }
  table { font-size: 7.5pt; }
  th, td { padding: .15rem .25rem; }
  .wide { overflow: visible; }
  .plots { grid-template-columns: 1fr 1fr; }
  h2 { break-after: avoid; }
  tr, img { break-inside: avoid; }
}
"""

_CARDS = """\
@media screen and (max-width: WIDTH) {
  TABLE { display: block; font-size: .86rem; }
  TABLE thead { display: none; }
  TABLE tbody { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 21rem), 1fr)); gap: .7rem; }
  TABLE tr { display: grid; grid-template-columns: 1fr 1fr; column-gap: 1.2rem; border: 1px solid var(--line);
    border-radius: .4rem; padding: .5rem .7rem; }
  TABLE tr.best { border-color: var(--accent); }
  TABLE td { display: flex; justify-content: space-between; gap: .5rem; border: 0; padding: .05rem 0;
    white-space: normal; overflow-wrap: anywhere; }
  TABLE td::before { content: attr(data-head); color: var(--faint); font-weight: 400; white-space: nowrap; }
  TABLE td.title { grid-column: 1 / -1; font-weight: 600; }
  TABLE td.title::before { content: none; }
  TABLE td.reason, TABLE td[data-head="Runtime"], TABLE td[data-head^="Accuracy"], TABLE td[data-head^="Median"] {
    grid-column: 1 / -1; }
}
"""


def cards_below(width: str, *, tables: str) -> str:
    """Return the style that shows each row of a table as a card on a screen too narrow for the table.

    Args:
        width: of such a screen at most, as CSS writes it.
        tables: CSS selector of the tables.
    """
    return _CARDS.replace("WIDTH", width).replace("TABLE", tables)
