/** The style of the page: light and dark as the reader's system says. Marks and words say what the colours say. */
export const STYLE = `
:root { color-scheme: light dark; --line: #8886; --passed: #1a7f37; --failed: #b42318; --gated: #7a5c00; }
@media (prefers-color-scheme: dark) { :root { --passed: #57d177; --failed: #ff8a80; --gated: #e3c04d; } }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
.counts { font-size: 1.25rem; font-weight: bold; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid var(--line); padding: .4rem .6rem; text-align: left; vertical-align: top; }
td:nth-child(1), td:nth-child(2) { white-space: nowrap; }
#causes + table td:nth-child(1) { white-space: normal; }
td p { margin: .2rem 0; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: .3rem 0; }
tr.passed b { color: var(--passed); }
tr.failed b { color: var(--failed); }
tr.gated b { color: var(--gated); }
tr.failed td:first-child { border-left: 4px solid var(--failed); }
tr:target { outline: 2px solid; }
form { position: sticky; top: 0; background: Canvas; padding: .5rem 0; border-bottom: 1px solid var(--line); }
[hidden] { display: none; }
`;

/** Hides the rows that the form leaves out, and sections without a row. */
export const FILTER_PROGRAM = `
'use strict';
const form = document.getElementById('filters');
function apply() {
  const words = form.elements.words.value.toLowerCase();
  for (const section of document.querySelectorAll('section')) {
    let shown = 0;
    for (const row of section.querySelectorAll('tbody tr')) {
      row.hidden = !form.elements[row.className].checked || !row.textContent.toLowerCase().includes(words);
      if (!row.hidden) shown++;
    }
    section.hidden = shown === 0;
  }
}
form.addEventListener('input', apply);
form.addEventListener('submit', (event) => event.preventDefault());
apply();
`;
