(function () {
  "use strict";
  // What a link leads to is opened: a layer, or the frame in the viewer.
  var viewer = document.querySelector(".viewer");
  var pictures = Array.from(document.querySelectorAll(".picture"));
  var slider = viewer ? viewer.querySelector("input") : null;
  function show(index) {
    var chosen = Math.max(0, Math.min(pictures.length - 1, index));
    pictures.forEach(function (picture, place) { picture.hidden = place !== chosen; });
    slider.value = String(chosen);
    slider.setAttribute("aria-valuetext", "frame " + pictures[chosen].dataset.name);
    viewer.querySelector("output").textContent = pictures[chosen].dataset.name;
  }
  function reveal() {
    var target = location.hash ? document.getElementById(location.hash.slice(1)) : null;
    if (!target) { return; }
    var folded = target.closest("details");
    if (folded) { folded.open = true; }
    var place = pictures.indexOf(target);
    if (place !== -1) { show(place); }
    target.scrollIntoView();
  }
  if (viewer) {
    var worst = pictures.findIndex(function (picture) { return picture.classList.contains("first"); });
    viewer.hidden = false;
    viewer.addEventListener("input", function () { show(Number(slider.value)); });
    viewer.addEventListener("click", function (event) {
      var step = event.target.dataset.step;
      if (step) { show(Number(slider.value) + Number(step)); }
      if (event.target.dataset.worst !== undefined) { show(worst); }
    });
    show(worst);
  }
  window.addEventListener("hashchange", reveal);
  reveal();
}());
