// All that decided the results, enough to run the study again.

function drawInputs() {
  const { inputs, study, tool } = data;
  const files = (some) => some.map((file) => `${file.file} (sha256 ${file.sha256.slice(0, 12)})`).join(", ");
  const mostValues = 40;
  const valuesOf = (factor) => {
    const texts = factor.rows.slice(0, mostValues).map((row) => row.join(" + "));
    return `${texts.join("; ")}${factor.rows.length > mostValues ? `; and ${factor.rows.length - mostValues} more` : ""}`;
  };
  const files3 = ["cluster", "workload", "calibration"];
  const axes = factors.filter((factor) => !files3.includes(factor.keys[0]));
  const facts = [
    ["study", `${inputs.study.file} (sha256 ${inputs.study.sha256})`],
    ["clusters", files(inputs.clusters)], ["workloads", files(inputs.workloads)], ["parts", files(inputs.parts)], ["calibrations", files(inputs.calibrations) || "none"],
    ...Object.entries(study.fixed).map(([key, value]) => [`${key}, always`, value]),
    ...axes.map((factor) => [`${factor.names.join(" + ")}${factor.is_sample && factor.keys[0] !== "seed" ? ", as samples" : ""}`, valuesOf(factor)]),
    ["cases", casesSentence()],
    ["engine", `${study.engine} (${study.engines})`],
    ["accuracy", study.accuracy === null ? "as the engine chooses" : study.accuracy > 0 ? `completions within ${percent(study.accuracy, 4)}` : "exact"],
    ["layer", study.overlap === null ? "not simulated" : `overlap ${study.overlap}`],
    ["tool", `${tool.name} ${tool.version}`],
  ];
  fill("inputs", make("dl", {}, ...facts.flatMap(([name, value]) => [make("dt", { dir: "auto" }, name), make("dd", { dir: "auto" }, value)])));
  at("footer").textContent = `${tool.name} ${tool.version}. k, M, G are powers of ten. Charts by Apache ECharts.`;
}
