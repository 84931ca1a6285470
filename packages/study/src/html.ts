import type { Cell } from './cells.ts';

/** Text that can stand between tags and in quoted attributes. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** A table whose first column names the rows; it scrolls by itself on a narrow screen. */
export function htmlTable(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const headers = head.map((text) => `<th scope="col">${escapeHtml(text)}</th>`).join('');
  const body = rows.map((row) => `<tr>${row.map(cell).join('')}</tr>`).join('\n');
  return `<div class="scroll"><table><thead><tr>${headers}</tr></thead>\n<tbody>${body}</tbody></table></div>`;
}

function cell({ text, mark }: Cell, column: number): string {
  if (column === 0) return `<th scope="row">${escapeHtml(text)}</th>`;
  return `<td${mark ? ` class="${mark}"` : ''}>${escapeHtml(text)}</td>`;
}
