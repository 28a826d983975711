// What the form of the terms needs beside htmx: keys for undo and redo, jumping to a field, finding one by its
// label, blocks that stay open while they are drawn anew, and a word where something could not be kept.
(function () {
  "use strict";
  var open = {}, wanted = "";
  var byId = function (id) { return document.getElementById(id); };
  var fields = "input:not([type=hidden]), select, textarea, button";

  function isText(element) {
    return element.matches("textarea, select, [contenteditable], input:not([type=checkbox]):not([type=range])");
  }

  function reveal(element) {
    for (var at = element; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
  }

  function go(id) {
    var place = byId(id), around = /^t-commitments-[0-9]+/.exec(id);
    if (!place && around && byId(around[0]) && byId(around[0]).hasAttribute("hx-post")) {
      // Not drawn yet: open it, and go on when it is there.
      wanted = id;
      reveal(byId(around[0]));
    }
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
    if (link) { event.preventDefault(); go(link.hash.slice(1)); found(); return; }
    var all = event.target.closest("[data-terms-all]");
    if (all) document.querySelectorAll("#terms-fields details.terms-block").forEach(function (block) {
      if (!block.hasAttribute("hx-post")) block.open = all.dataset.termsAll === "open";
    });
  });

  function found() { var list = byId("terms-found"); if (list) list.textContent = ""; }

  // Enter goes to the first field that was found, Escape closes the list.
  document.addEventListener("keydown", function (event) {
    if (event.target.id !== "terms-find") return;
    if (event.key === "Escape") { event.target.value = ""; found(); }
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
      // One that is not drawn asks for its fields when it is opened: that is for its reader to do.
      if (block.id in open && !block.hasAttribute("hx-post")) block.open = open[block.id];
    });
  });
  // What was chosen or typed while an answer was under way stands: the answer to an earlier choice of a kind is left
  // away, since the one to the later choice follows; what was typed is put back into what the answer draws.
  var later = {};
  document.addEventListener("htmx:beforeSwap", function (event) {
    var detail = event.detail, asked = detail.requestConfig, verb = /[?&]op=([a-z]+)/.exec(asked.path);
    later = {};
    if (!verb || ["switch", "add", "paste"].indexOf(verb[1]) < 0 || !detail.target.closest("#terms-fields")) return;
    if (verb[1] === "switch" && asked.formData.get(asked.elt.name) !== asked.elt.value) { detail.shouldSwap = false; return; }
    detail.target.querySelectorAll("[id][name]:not([type=hidden]):not([type=checkbox])").forEach(function (one) {
      if (asked.formData.has(one.name) && asked.formData.get(one.name) !== one.value) later[one.id] = one.value;
    });
  });
  document.addEventListener("htmx:afterSwap", function () {
    Object.keys(later).forEach(function (id) {
      var one = byId(id);
      if (one) { one.value = later[id]; one.dispatchEvent(new Event("input", { bubbles: true })); }
    });
    later = {};
  });
  document.addEventListener("htmx:afterSettle", function () {
    if (wanted && byId(wanted)) { var id = wanted; wanted = ""; go(id); }
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
