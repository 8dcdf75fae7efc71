// Draws everything, and again when the phase, the theme or the window changes.

let phaseChosen = data.phases[0].name;

function drawAll() {
  const phase = data.phases.find((each) => each.name === phaseChosen);
  document.querySelectorAll(".of-phase").forEach((element) => (element.textContent = `in ${phase.name}`));
  drawMatrix(phase);
  drawLadder(phase);
  drawHolders(phase);
  drawFlow(phase);
  drawTopology(phase);
  drawTimeline(phase);
  drawCauses(phase);
  drawLinks(phase);
  drawSensitivity();
  drawLayer();
}

choice("phases", data.phases.map((phase) => phase.name), phaseChosen, (name) => {
  phaseChosen = name;
  drawAll();
});
choice("matrix-scale", Object.keys(matrixScales), null, (name) => {
  matrixScaleChosen = name;
  drawMatrix(data.phases.find((each) => each.name === phaseChosen));
});
choice("timeline-rows", Object.keys(timelineRows), timelineChosen, (name) => {
  timelineChosen = name;
  drawTimeline(data.phases.find((each) => each.name === phaseChosen));
});
drawVerdict();
drawInputs();
watchLinks();
watchTheme();
setTheme(theme);
