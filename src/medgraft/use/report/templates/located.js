
(function () {
  document.querySelectorAll(".stack").forEach(function (stack) {
    var slider = stack.querySelector("input[type=range]");
    if (!slider) return;
    var layers = stack.querySelectorAll(".layer"), told = stack.querySelector("output");
    function show() {
      var place = Number(slider.value);
      layers.forEach(function (layer, number) { layer.hidden = number !== place; });
      told.textContent = layers[place].dataset.name;
      slider.setAttribute("aria-valuetext", layers[place].dataset.name);
    }
    slider.addEventListener("input", show);
    show();
  });
  document.querySelectorAll("input[data-bares]").forEach(function (box) {
    var part = document.getElementById(box.dataset.bares);
    box.addEventListener("change", function () { part.classList.toggle("bare", !box.checked); });
    part.classList.toggle("bare", !box.checked);
  });
})();
