(function () {
  "use strict";
  var root = document.documentElement;
  var button = document.getElementById("language");

  // The style shows what is in the language of the root; the title and what cannot hold both are set here.
  function speak(language) {
    root.lang = language;
    var key = language === "en" ? "en" : "zh";
    var both = document.querySelectorAll("[data-" + key + "]");
    for (var i = 0; i < both.length; i++) {
      both[i].textContent = both[i].getAttribute("data-" + key);
    }
    document.dispatchEvent(new Event("spoken"));
  }
  if (button) {
    button.hidden = false;
    button.addEventListener("click", function () {
      speak(root.lang === "en" ? "zh-Hans" : "en");
    });
  }

  // Buttons in a group show the rows of the table that follows.
  var groups = document.querySelectorAll(".filters[role=group]");
  Array.prototype.forEach.call(groups, function (group) {
    var buttons = group.querySelectorAll("button[data-filter]");
    if (!buttons.length) {
      return;
    }
    var rows = group.parentNode.querySelectorAll("tr[data-verdict]");
    group.hidden = false;
    group.addEventListener("click", function (event) {
      var chosen = event.target.closest("button[data-filter]");
      if (!chosen) {
        return;
      }
      var wanted = chosen.getAttribute("data-filter") || "";
      Array.prototype.forEach.call(buttons, function (one) {
        one.setAttribute("aria-pressed", String(one === chosen));
      });
      Array.prototype.forEach.call(rows, function (row) {
        row.hidden = wanted !== "" && row.getAttribute("data-verdict") !== wanted;
      });
    });
  });

  // Paper cannot unfold: the evidence of the leads is printed, and what was folded before is folded again.
  var opened = [];
  window.addEventListener("beforeprint", function () {
    var closed = document.querySelectorAll("#findings details:not([open])");
    opened = Array.prototype.slice.call(closed);
    opened.forEach(function (one) {
      one.open = true;
    });
  });
  window.addEventListener("afterprint", function () {
    opened.forEach(function (one) {
      one.open = false;
    });
    opened = [];
  });
})();
