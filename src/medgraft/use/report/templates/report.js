"use strict";
(function () {
  var dark = window.matchMedia("(prefers-color-scheme: dark)");
  var narrow = window.matchMedia("(max-width: 40rem)");

  function variable(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  }

  // "var(--s1)" and "var(--s1)/0.2" become the value of the style sheet variable, with that opacity.
  function coloured(value) {
    if (Array.isArray(value)) return value.map(coloured);
    if (value && typeof value === "object") {
      var copy = {};
      Object.keys(value).forEach(function (key) { copy[key] = coloured(value[key]); });
      return copy;
    }
    var match = typeof value === "string" && /^var\((--[a-z0-9]+)\)(?:\/([0-9.]+))?$/.exec(value);
    if (!match) return value;
    var hex = variable(match[1]);
    if (!match[2]) return hex;
    var part = function (at) { return parseInt(hex.slice(at, at + 2), 16); };
    return "rgba(" + part(1) + "," + part(3) + "," + part(5) + "," + match[2] + ")";
  }

  function styled(payload, height) {
    var base = {
      height: height, autosize: true, dragmode: false, bargap: 0,
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      font: { family: variable("--sans"), size: narrow.matches ? 12 : 13, color: variable("--ink") },
      margin: { l: 56, r: 12, t: 10, b: 50 },
      hoverlabel: { font: { family: variable("--sans") }, namelength: 40 },
      legend: { orientation: "h", x: 0, xanchor: "left", y: 1.02, yanchor: "bottom", font: { size: 12 } }
    };
    var layout = coloured(payload.layout);
    layout.legend = Object.assign(base.legend, layout.legend || {});
    return Object.assign(base, layout);
  }

  function draw() {
    document.querySelectorAll(".plot").forEach(function (box) {
      var payload = JSON.parse(document.getElementById(box.dataset.figure).textContent);
      Plotly.react(box, coloured(payload.data), styled(payload, Number(box.dataset.height)), {
        responsive: true, displaylogo: false, scrollZoom: false, modeBarButtons: [["toImage"]],
        displayModeBar: narrow.matches ? false : "hover"
      });
    });
  }

  if (window.Plotly) {
    draw();
    dark.addEventListener("change", draw);
    narrow.addEventListener("change", draw);
  }

  document.querySelectorAll("button[data-opens]").forEach(function (button) {
    button.addEventListener("click", function () {
      document.getElementById(button.dataset.opens).showModal();
    });
  });
  document.querySelectorAll("dialog").forEach(function (dialog) {
    dialog.addEventListener("click", function (event) {
      if (event.target === dialog || event.target.closest(".close")) dialog.close();
    });
  });
})();
