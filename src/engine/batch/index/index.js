(function () {
  "use strict";
  var PAGE = 50;
  var run = JSON.parse(document.getElementById("run").textContent);
  var root = document.documentElement;
  var get = function (id) {
    return document.getElementById(id);
  };
  var body = document.querySelector("table.ranking > tbody");
  var at = 0;
  var found = run.apps;
  // Places in a row, as the program writes it.
  var NAME = 0, VERSION = 1, PACKAGE = 2, INPUT = 3, DEVELOPER = 4, STORE = 5, FUNCTIONS = 6, STATUS = 7, NOTE = 8,
    COUNTS = 9, RULES = 10, SDKS = 11, PERMISSIONS = 12, LINK = 13;
  var LOOKS = ["high", "medium", "low", "info"];

  function isEnglish() {
    return root.lang === "en";
  }
  function say(zh, en) {
    return isEnglish() ? en : zh;
  }
  function named(entry) {
    return say(entry[1], entry[2]);
  }

  // Every text goes in as text.
  function add(parent, name, text, className) {
    var element = document.createElement(name);
    if (className) {
      element.className = className;
    }
    if (text) {
      element.textContent = text;
    }
    parent.appendChild(element);
    return element;
  }
  function cell(row, name, role) {
    var element = add(row, name);
    element.setAttribute("role", role);
    return element;
  }

  function rowOf(app) {
    var row = document.createElement("tr");
    row.setAttribute("role", "row");
    var head = cell(row, "th", "rowheader");
    head.scope = "row";
    var title = add(head, "div", "", "title");
    if (app[LINK]) {
      var link = add(title, "a");
      // Nothing but the page of a report is a link, whatever the data says.
      if (/^reports\/[0-9a-f]{64}(\+[A-Za-z0-9+_-]*)?\.html$/.test(app[LINK])) {
        link.setAttribute("href", app[LINK]);
      }
      add(link, "bdi", app[NAME]);
    } else {
      add(title, "bdi", app[NAME]);
    }
    title.appendChild(document.createTextNode(" "));
    add(title, "bdi", app[VERSION]);
    add(add(head, "code"), "bdi", app[PACKAGE]);
    add(add(head, "div", "", "small"), "bdi", app[INPUT]);
    var whose = cell(row, "td", "cell");
    add(add(whose, "div"), "bdi", app[DEVELOPER]);
    add(add(whose, "div", "", "small"), "bdi", run.stores[app[STORE]]);
    var functions = cell(row, "td", "cell");
    app[FUNCTIONS].forEach(function (id) {
      add(add(functions, "div"), "bdi", named(run.functions[id]));
    });
    var status = cell(row, "td", "cell");
    add(status, "div", say.apply(null, run.statuses[app[STATUS]]));
    if (app[NOTE]) {
      add(add(status, "div", "", "small"), "bdi", app[NOTE]);
    }
    var leads = cell(row, "td", "cell");
    app[COUNTS].forEach(function (count, index) {
      if (count) {
        var one = add(leads, "span", "", "count");
        add(one, "span", say.apply(null, run.severities[index]), "badge " + LOOKS[index]);
        one.appendChild(document.createTextNode(" " + count + " "));
      }
    });
    if (app[RULES].length) {
      var fold = add(leads, "details");
      add(fold, "summary", say("线索种类（" + app[RULES].length + "）", "rules (" + app[RULES].length + ")"));
      var list = add(fold, "ul", "", "plain");
      app[RULES].forEach(function (id) {
        add(list, "li", named(run.rules[id]));
      });
    }
    return row;
  }

  function show() {
    var rows = document.createDocumentFragment();
    found.slice(at, at + PAGE).forEach(function (app) {
      rows.appendChild(rowOf(app));
    });
    body.textContent = "";
    body.appendChild(rows);
    var last = Math.min(at + PAGE, found.length);
    var range = found.length ? at + 1 + "–" + last : "0";
    get("shown").textContent = say(
      "第 " + range + " 个，符合条件 " + found.length + " 个，共 " + run.apps.length + " 个",
      range + " of " + found.length + " that match, " + run.apps.length + " in all"
    );
    get("pages").hidden = found.length <= PAGE;
    get("back").disabled = at === 0;
    get("next").disabled = last >= found.length;
  }

  // Filters: the select, the entries that it lists, and whether a row has one of them.
  var filters = [
    { id: "by-function", list: run.functions, name: named, has: inList(FUNCTIONS) },
    { id: "by-store", list: run.stores, name: String, has: isSame(STORE) },
    { id: "by-rule", list: run.rules, name: named, has: inList(RULES) },
    { id: "by-severity", list: run.severities, name: pair, has: function (app, id) { return app[COUNTS][id] > 0; }, kept: true },
    { id: "by-sdk", list: run.sdks, name: named, has: inList(SDKS) },
    { id: "by-permission", list: run.permissions, name: function (entry) {
      var short = entry[0].replace(/^android\.permission\./, "");
      return named(entry) === entry[0] ? short : named(entry) + " " + short;
    }, has: inList(PERMISSIONS) },
    { id: "by-status", list: run.statuses, name: pair, has: isSame(STATUS), kept: true }
  ];
  function pair(entry) {
    return say(entry[0], entry[1]);
  }
  function inList(place) {
    return function (app, id) {
      return app[place].indexOf(id) >= 0;
    };
  }
  function isSame(place) {
    return function (app, id) {
      return app[place] === id;
    };
  }

  function fill() {
    filters.forEach(function (filter) {
      var select = get(filter.id);
      var value = select.value;
      var entries = filter.list.map(function (entry, index) {
        return [filter.name(entry), index];
      }).filter(function (entry) {
        return entry[0] !== "";
      });
      if (!filter.kept) {
        entries.sort(function (a, b) {
          return a[0].localeCompare(b[0], root.lang);
        });
      }
      select.textContent = "";
      add(select, "option", say("全部", "all")).value = "";
      entries.forEach(function (entry) {
        add(select, "option", entry[0]).value = String(entry[1]);
      });
      select.value = value;
    });
  }

  // One string for each row, made at the first search.
  var texts = null;
  function match(app, index, words) {
    if (!words.length) {
      return true;
    }
    if (!texts) {
      texts = run.apps.map(function (one) {
        return [one[NAME], one[PACKAGE], one[DEVELOPER], one[INPUT], one[VERSION]].join("\n").toLowerCase();
      });
    }
    return words.every(function (word) {
      return texts[index].indexOf(word) >= 0;
    });
  }

  function choose() {
    var words = get("search").value.toLowerCase().split(/\s+/).filter(Boolean);
    var wanted = filters.filter(function (filter) {
      return get(filter.id).value !== "";
    }).map(function (filter) {
      return [filter.has, Number(get(filter.id).value)];
    });
    found = run.apps.filter(function (app, index) {
      return wanted.every(function (one) {
        return one[0](app, one[1]);
      }) && match(app, index, words);
    });
    at = 0;
    show();
  }

  function turn(by) {
    at = Math.max(0, Math.min(at + by, found.length - 1));
    show();
    get("ranking").scrollIntoView();
  }

  function titles() {
    var heads = document.querySelectorAll("table.heat > thead th[data-name]");
    var lines = document.querySelectorAll("table.heat > tbody > tr");
    Array.prototype.forEach.call(lines, function (line) {
      var name = line.getAttribute(isEnglish() ? "data-name-en" : "data-name-zh");
      Array.prototype.forEach.call(line.querySelectorAll("td"), function (one, index) {
        var share = one.textContent.split(" / ");
        var permission = heads[index].getAttribute("data-name");
        one.title = say(
          share[1] + "个“" + name + "”应用中有" + share[0] + "个申请" + permission,
          share[0] + " of " + share[1] + " " + name + " apps ask for " + permission
        );
      });
    });
  }

  var waiting = 0;
  get("search").addEventListener("input", function () {
    clearTimeout(waiting);
    waiting = setTimeout(choose, 150);
  });
  filters.forEach(function (filter) {
    get(filter.id).addEventListener("change", choose);
  });
  get("reset").addEventListener("click", function () {
    get("search").value = "";
    filters.forEach(function (filter) {
      get(filter.id).value = "";
    });
    choose();
  });
  get("back").addEventListener("click", function () {
    turn(-PAGE);
  });
  get("next").addEventListener("click", function () {
    turn(PAGE);
  });
  document.addEventListener("spoken", function () {
    fill();
    show();
    titles();
  });
  get("controls").hidden = false;
  fill();
  show();
})();
