// All that decided the result, enough to run it again.

function drawInputs() {
  const { inputs, model, tool } = data;
  const list = (some) => some.map((file) => `${file.file} (sha256 ${file.sha256.slice(0, 12)})`).join(", ") || "none";
  const files = (input) => list(input ? [input, ...(input.with ?? [])] : []);
  const overrides = Object.entries(inputs.overrides).map(([key, value]) => `${key}=${value}`);
  const facts = [
    ["cluster", files(inputs.cluster)], ["workload", files(inputs.workload)], ["parts", list(inputs.parts)], ["calibration", files(inputs.calibration)],
    ["set on the command line", overrides.length ? overrides.join("; ") : "nothing"], ["seed", String(inputs.seed)],
    ["algorithm", model.algorithm], ["traffic", model.traffic], ["fabric", model.fabric],
    ["engine", `${model.engine} ${model.engine_version} (${model.engine_reason})`], ["engine settings", model.engine_settings],
    ["engine accuracy", model.engine_accuracy > 0 ? `completions within ${percent(model.engine_accuracy, 4)}` : "exact"],
    ["tool", `${tool.name} ${tool.version}`],
  ];
  const terms = make("dl", {}, ...facts.flatMap(([name, value]) => [make("dt", {}, name), make("dd", { dir: "auto" }, value)]));
  const yaml = Object.entries(data.pictures.yaml).map(([name, text]) => make("details", {}, make("summary", {}, `${capital(name)}: every key in effect`), make("pre", { dir: "auto" }, text)));
  fill("inputs", terms, ...yaml);
  at("footer").textContent = `${tool.name} ${tool.version}. k, M, G are powers of ten. Charts by Apache ECharts.`;
}
