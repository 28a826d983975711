// What the pages do besides plain links and forms. Everything here is a convenience: each page works without it.
(function () {
  "use strict";
  var root = document.documentElement;

  function isDark() {
    if (root.dataset.theme) {
      return root.dataset.theme === "dark";
    }
    return window.matchMedia("(prefers-color-scheme: dark)").matches;
  }

  function showTheme() {
    document.querySelectorAll("[data-theme-toggle]").forEach(function (button) {
      button.hidden = false;
      button.setAttribute("aria-pressed", String(isDark()));
    });
  }

  // The appearance: light or dark, remembered for the pages and the admin.
  document.addEventListener("click", function (event) {
    var toggle = event.target.closest("[data-theme-toggle]");
    if (!toggle) {
      return;
    }
    root.dataset.theme = isDark() ? "light" : "dark";
    try {
      localStorage.setItem("adminTheme", JSON.stringify(root.dataset.theme));
    } catch (error) {
      // Not remembered, then.
    }
    showTheme();
  });

  // A day of a calendar: its minutes are fetched into the panel that the chart names.
  function panelOf(link) {
    var chart = link.closest("[data-panel]");
    return chart ? document.getElementById(chart.dataset.panel) : null;
  }

  document.addEventListener("click", function (event) {
    var link = event.target.closest("svg a[href]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) {
      return;
    }
    var panel = panelOf(link);
    if (!panel || !window.htmx) {
      return;
    }
    event.preventDefault();
    window.htmx
      .ajax("GET", link.getAttribute("href"), { target: panel, swap: "innerHTML" })
      .then(function () {
        panel.focus();
      });
  });

  // In a chart of many links the Tab key stops once; the arrows go from day to day and from row to row.
  function rowsOf(chart) {
    var rows = new Map();
    chart.querySelectorAll("svg a[href]").forEach(function (link) {
      var box = link.querySelector("rect");
      var y = box.getAttribute("y");
      if (!rows.has(y)) {
        rows.set(y, []);
      }
      rows.get(y).push(link);
    });
    return Array.from(rows.values());
  }

  function prepare(chart) {
    chart.querySelectorAll("svg a[href]").forEach(function (link, at) {
      link.setAttribute("tabindex", at === 0 ? "0" : "-1");
    });
  }

  document.addEventListener("keydown", function (event) {
    var link = event.target.closest && event.target.closest("[data-panel] svg a[href]");
    var steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
    var step = steps[event.key];
    if (!link || !step) {
      return;
    }
    var rows = rowsOf(link.closest("[data-panel]"));
    var row = rows.findIndex(function (one) {
      return one.includes(link);
    });
    var x = Number(link.querySelector("rect").getAttribute("x"));
    var next = null;
    if (step[0] === 0) {
      next = rows[row][rows[row].indexOf(link) + step[1]];
    } else if (rows[row + step[0]]) {
      next = rows[row + step[0]].reduce(function (best, one) {
        var far = Math.abs(Number(one.querySelector("rect").getAttribute("x")) - x);
        var bestFar = Math.abs(Number(best.querySelector("rect").getAttribute("x")) - x);
        return far < bestFar ? one : best;
      });
    }
    event.preventDefault();
    if (next) {
      link.setAttribute("tabindex", "-1");
      next.setAttribute("tabindex", "0");
      next.focus();
    }
  });

  // A field that sends its form as soon as another value is chosen.
  document.addEventListener("change", function (event) {
    var field = event.target.closest("[data-send-on-change]");
    if (field && field.form) {
      field.form.requestSubmit();
    }
  });

  // One box ticks all boxes of its table.
  document.addEventListener("change", function (event) {
    var all = event.target.closest("[data-tick-all]");
    if (all) {
      all.closest("table").querySelectorAll("tbody input[type=checkbox]:not(:disabled)").forEach(function (box) {
        box.checked = all.checked;
      });
    }
  });

  // A login of the demo fills the form.
  document.addEventListener("click", function (event) {
    var login = event.target.closest("[data-fill-user]");
    if (!login) {
      return;
    }
    event.preventDefault();
    document.getElementById("id_username").value = login.dataset.fillUser;
    document.getElementById("id_password").value = login.dataset.fillPassword;
    document.getElementById("log-in").focus();
  });

  // After a refusal the keyboard and the eye begin at the first field that is wrong.
  function showRefusal() {
    var wrong = document.querySelector("main [aria-invalid='true']");
    if (wrong) {
      wrong.focus();
    }
  }

  showTheme();
  showRefusal();
  document.querySelectorAll("[data-panel]").forEach(prepare);
})();
