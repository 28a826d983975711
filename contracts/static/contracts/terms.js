// What the form of the terms needs beside htmx: keys for undo and redo, jumping to a field, finding one by its
// label, blocks that stay open while they are drawn anew, and a word where something could not be kept.
(function () {
  "use strict";
  var open = {};
  var byId = function (id) { return document.getElementById(id); };
  var fields = "input:not([type=hidden]), select, textarea, button";

  function isText(element) {
    return element.matches("textarea, select, [contenteditable], input:not([type=checkbox]):not([type=range])");
  }

  function reveal(element) {
    for (var at = element; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
  }

  function go(id) {
    var place = byId(id);
    if (!place) return;
    reveal(place);
    var first = place.matches(fields) ? place : place.querySelector(".terms-children " + "input:not([type=hidden]), .terms-children select, .terms-children textarea") || place.querySelector(fields);
    if (first) { reveal(first); first.focus({ preventScroll: true }); }
    place.scrollIntoView({ block: "center" });
  }

  document.addEventListener("keydown", function (event) {
    if (!byId("terms-undo") || !(event.ctrlKey || event.metaKey)) return;
    var key = event.key.toLowerCase();
    if (event.altKey && key === "f") { event.preventDefault(); byId("terms-find").focus(); return; }
    if (!event.altKey && isText(event.target)) return;
    var redo = key === "y" || (key === "z" && event.shiftKey);
    if (redo || key === "z") { event.preventDefault(); byId(redo ? "terms-redo" : "terms-undo").click(); }
  });

  document.addEventListener("click", function (event) {
    var link = event.target.closest(".terms a[href^='#t-']");
    if (link) { event.preventDefault(); go(link.hash.slice(1)); found([]); return; }
    var all = event.target.closest("[data-terms-all]");
    if (all) document.querySelectorAll("#terms-fields details.terms-block").forEach(function (block) {
      block.open = all.dataset.termsAll === "open";
    });
  });

  // Finding a field by its label: at most twelve, best first.
  function found(places) {
    var list = byId("terms-found");
    if (!list) return;
    list.textContent = "";
    list.hidden = !places.length;
    places.forEach(function (place) {
      var item = document.createElement("li"), link = document.createElement("a");
      link.href = "#" + place.id;
      link.textContent = place.path;
      item.append(link);
      list.append(item);
    });
  }

  function pathOf(element) {
    var names = [];
    for (var at = element.parentElement; at; at = at.parentElement) {
      if (at.tagName === "DETAILS") { var name = at.querySelector(":scope > summary > .terms-name"); if (name) names.unshift(name.textContent); }
    }
    return names.join(" › ");
  }

  function search(text) {
    var wanted = text.trim().toLowerCase(), hits = [];
    if (wanted.length < 2) return found([]);
    document.querySelectorAll("#terms-fields .terms-label, #terms-fields .terms-name").forEach(function (label) {
      var said = label.textContent.trim(), at = said.toLowerCase().indexOf(wanted);
      var place = label.closest("[id^='t-']");
      if (at < 0 || !place || hits.length > 200) return;
      var path = label.classList.contains("terms-name") ? pathOf(label) : [pathOf(label), said].filter(Boolean).join(" › ");
      hits.push({ id: place.id, path: path, at: at });
    });
    hits.sort(function (one, other) { return one.at - other.at; });
    found(hits.slice(0, 12));
  }

  document.addEventListener("input", function (event) {
    if (event.target.id !== "terms-find") return;
    event.stopPropagation();
    search(event.target.value);
  }, true);
  document.addEventListener("keydown", function (event) {
    if (event.target.id !== "terms-find") return;
    if (event.key === "Escape") { event.target.value = ""; found([]); }
    if (event.key !== "Enter") return;
    event.preventDefault();
    var first = document.querySelector("#terms-found a");
    if (first) first.click();
  });

  // Blocks stay as they were opened or closed; the keyboard goes on where the server says.
  document.addEventListener("htmx:beforeSwap", function () {
    document.querySelectorAll("#terms-whole details[id]").forEach(function (block) { open[block.id] = block.open; });
  });
  document.addEventListener("htmx:afterSwap", function () {
    document.querySelectorAll("#terms-whole details[id]").forEach(function (block) {
      if (block.id in open && block.open !== open[block.id]) block.open = open[block.id];
    });
  });
  document.addEventListener("termsFocus", function (event) { go(event.detail.value); });

  // Where nothing was kept, say so; nothing typed is touched.
  function unsent(text) { var at = byId("terms-unsent"); if (at) at.textContent = text; }
  document.addEventListener("htmx:beforeOnLoad", function (event) {
    var request = event.detail.xhr;
    if (!byId("terms-whole")) return;
    if (request.responseURL && /\/(login|accounts|sign)/.test(request.responseURL)) {
      event.preventDefault();
      unsent("You are signed out. What was kept until now waits for you: sign in in another tab, then go on typing here.");
    } else if (request.status < 400) unsent("");
  });
  document.addEventListener("htmx:responseError", function (event) {
    var text = event.detail.xhr.status === 400 ? event.detail.xhr.responseText : "";
    unsent(text.length && text.length < 200 ? text : "This was not kept: the server refused it. What stands in the form stays; try again, or copy it.");
  });
  document.addEventListener("htmx:sendError", function () {
    unsent("This was not kept: the server cannot be reached. What stands in the form stays; it is sent again with your next change.");
  });
})();
