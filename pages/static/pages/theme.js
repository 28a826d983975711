// Before the first paint: the appearance that was chosen here or in the admin (both keep it under the same name).
(function () {
  "use strict";
  var kept = null;
  try {
    kept = JSON.parse(localStorage.getItem("adminTheme"));
  } catch (error) {
    kept = null;
  }
  if (kept === "light" || kept === "dark") {
    document.documentElement.dataset.theme = kept;
  }
})();
