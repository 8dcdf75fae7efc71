// Tables whose columns sort when their heads are clicked.

const sortings = new Map(); // by table: the column and whether the largest come first

/// `columns`: {name, value(row), text(value), words, isLoad, kind of cell for page.css}; shows the first `most` rows in the order chosen.
function drawTable(id, columns, rows, most) {
  const sorting = sortings.get(id);
  const ordered = [...rows];
  if (sorting) {
    const { value } = columns[sorting.column];
    const compare = (a, b) => (typeof a === "string" ? a.localeCompare(b, "en", { numeric: true }) : a - b);
    ordered.sort((a, b) => (sorting.isDown ? compare(value(b), value(a)) : compare(value(a), value(b))));
  }
  const heads = columns.map((column, index) => {
    const isSorted = sorting?.column === index;
    const button = make("button", { type: "button" }, `${column.name}${isSorted ? (sorting.isDown ? " ▼" : " ▲") : ""}`);
    button.addEventListener("click", () => {
      sortings.set(id, { column: index, isDown: isSorted ? !sorting.isDown : !column.words });
      drawTable(id, columns, rows, most);
    });
    const head = make("th", { scope: "col", class: column.words ? "words" : "" }, button);
    if (isSorted) head.setAttribute("aria-sort", sorting.isDown ? "descending" : "ascending");
    return head;
  });
  const body = ordered.slice(0, most).map((row) => make("tr", {}, ...columns.map((column) => {
    const value = column.value(row);
    const shown = make("td", { class: [column.words ? "words" : column.isLoad ? "load" : "", column.kind ?? ""].join(" ").trim() }, column.text ? column.text(value) : value);
    if (column.isLoad) {
      const bar = make("i");
      bar.style.width = `${Math.min(100, 100 * value)}%`;
      shown.append(bar);
    }
    return shown;
  })));
  fill(id, make("table", {}, make("thead", {}, make("tr", {}, ...heads)), make("tbody", {}, ...body)));
}
