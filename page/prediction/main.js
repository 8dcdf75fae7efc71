// Draws everything, and again when the phase, the theme or the window changes.

function drawAll() {
  const phase = phaseShown();
  document.querySelectorAll(".of-phase").forEach((element) => (element.textContent = `in ${phase.name}`));
  drawMatrix(phase);
  drawLadder(phase);
  drawHolders(phase);
  drawFlow(phase);
  drawTopology(phase);
  drawTimeline(phase);
  drawCauses(phase);
  drawRanks(phase);
  drawLayerRanks();
  drawLinks(phase);
  drawSensitivity();
  drawLayer();
}

drawVerdict();
drawInputs();
watchLinks();
watchView();
watchTheme();
setTheme(theme);
watchWords();
