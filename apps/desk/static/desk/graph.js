// What lies around an entity, drawn by Cytoscape from the JSON beside it, in the colours of the theme.
// The same stands in the table below it: the picture is for eyes only.
document.addEventListener("DOMContentLoaded", () => {
  const place = document.querySelector("[data-graph]");
  if (!place) return;
  const told = JSON.parse(document.getElementById(place.dataset.graph).textContent);

  // Cytoscape adds a rule of style inline unless something of this id is there; the page has it in its own.
  const mark = document.createElement("meta");
  mark.id = "__________cytoscape_stylesheet";
  document.head.append(mark);

  // Colours of the theme are of a kind that Cytoscape cannot read: painted once, and read back.
  const brush = Object.assign(document.createElement("canvas"), { width: 1, height: 1 })
    .getContext("2d", { willReadFrequently: true });
  const colour = (name) => {
    brush.clearRect(0, 0, 1, 1);
    brush.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(`--d-${name}`).trim();
    brush.fillRect(0, 0, 1, 1);
    const [red, green, blue] = brush.getImageData(0, 0, 1, 1).data;
    return `rgb(${red}, ${green}, ${blue})`;
  };

  const style = () => [
    { selector: "node", style: {
      label: "data(label)", "font-family": getComputedStyle(document.body).fontFamily, "font-size": 11,
      color: colour("strong"), "text-valign": "bottom", "text-margin-y": 4, "text-wrap": "wrap", "text-max-width": 90,
      width: 16, height: 16, "background-color": colour("quiet"), "border-width": 2, "border-color": colour("card"),
    } },
    { selector: "node[distance = 0]", style: { width: 26, height: 26, "background-color": colour("accent"), "font-weight": 600 } },
    { selector: "node[distance = 1]", style: { "background-color": colour("accent") } },
    { selector: "edge", style: {
      label: "data(label)", "font-size": 9, color: colour("quiet"), "text-rotation": "autorotate",
      "text-background-color": colour("soft"), "text-background-opacity": 1, "text-background-padding": 2,
      width: 1.5, "line-color": colour("line"), "target-arrow-color": colour("quiet"), "target-arrow-shape": "triangle",
      "arrow-scale": .8, "curve-style": "bezier",
    } },
    { selector: "edge[?open]", style: { "line-style": "dashed", "line-color": colour("warn"), "target-arrow-color": colour("warn") } },
  ];

  const drawn = cytoscape({
    container: place,
    elements: {
      nodes: told.nodes.map((one) => ({ data: one })),
      edges: told.edges.map((one) => ({ data: one })),
    },
    style: style(),
    layout: {
      name: "concentric", concentric: (node) => -node.data("distance"), levelWidth: () => 1,
      minNodeSpacing: 46, padding: 24, animate: false,
    },
    maxZoom: 1.6,
    minZoom: .2,
    userZoomingEnabled: false,  // the page scrolls; two fingers and buttons of the browser zoom
    boxSelectionEnabled: false,
  });
  drawn.on("tap", "node", (event) => {
    if (event.target.id() !== told.centre) window.location.assign(event.target.data("address"));
  });
  new ResizeObserver(() => { drawn.resize(); drawn.fit(undefined, 24); }).observe(place);
  new MutationObserver(() => drawn.style(style())).observe(document.documentElement, { attributeFilter: ["class"] });
});
