// Words that are selected in the picture of a page are put into the field below it. Without this they are typed.
(function () {
  "use strict";
  document.addEventListener("mouseup", function (event) {
    var picture = event.target.closest && event.target.closest("[data-paper-page]");
    var field = document.querySelector("[data-passage]");
    var chosen = String(window.getSelection() || "").trim();
    if (picture && field && chosen) {
      field.value = chosen;
    }
  });
})();
