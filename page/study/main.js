// Draws everything, and again when the theme or the window changes.

function drawAll() {
  drawPlot();
  drawMap();
  drawFront();
}

drawVerdict();
drawGroups();
watchGroups();
drawInputs();
if (time) {
  choosePlot();
  fillPlotSelects();
  chooseFront();
  fillFrontSelects();
  if (compared.length >= 2) {
    chooseMap();
    fillMapSelects();
  }
}
watchTheme();
setTheme(theme);
