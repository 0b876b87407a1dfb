//! The HTML page and the picture in Chromium: to scale, nothing overlaps, nothing overflows, nothing runs.
//!
//! One start of the browser looks at every page at 1,000 and at 400 pixels: the pages stand unchanged,
//! with their own policy, in frames of a page whose script measures them.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::harness::{Folder, trueup, trueup_in};

/// The browser: `TRUEUP_CHROMIUM`, else what the path has.
pub(crate) fn chromium() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("TRUEUP_CHROMIUM") {
        return Some(path.into());
    }
    let path = std::env::var_os("PATH")?;
    let names = ["chromium", "chromium-browser", "google-chrome"];
    std::env::split_paths(&path).flat_map(|dir| names.map(|n| dir.join(n))).find(|p| p.is_file())
}

/// Measures a frame. `text` holds every run of visible text with its rectangle; what a scrolling box
/// hides does not count.
const MEASURE: &str = r#"
function rect(e) { const r = e.getBoundingClientRect(); return [r.left, r.top, r.right, r.bottom]; }
function measure(frame) {
  const d = frame.contentDocument, w = frame.contentWindow, root = d.documentElement;
  const text = [];
  const walk = d.createTreeWalker(d.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const node = walk.currentNode, parent = node.parentElement;
    if (!node.data.trim() || parent.closest('title, desc, style, .skip')) continue;
    if (!parent.checkVisibility()) continue;
    const range = d.createRange();
    range.selectNodeContents(node);
    const box = parent.closest('.wide, pre');
    const size = parseFloat(w.getComputedStyle(parent).fontSize);
    for (const r of range.getClientRects()) {
      if (r.width < 1 || r.height < 1) continue;
      if (box) { const b = box.getBoundingClientRect(); if (r.left >= b.right || r.right <= b.left) continue; }
      text.push({ text: node.data.trim().slice(0, 40), size, at: [r.left, r.top, r.right, r.bottom] });
    }
  }
  const overlaps = [];
  text.sort((a, b) => a.at[1] - b.at[1]);
  for (let i = 0; i < text.length; i++) for (let j = i + 1; j < text.length; j++) {
    const a = text[i].at, b = text[j].at;
    if (b[1] >= a[3] - 3) break;
    if (Math.min(a[2], b[2]) - Math.max(a[0], b[0]) > 2 && Math.min(a[3], b[3]) - Math.max(a[1], b[1]) > 3)
      overlaps.push(text[i].text + ' | ' + text[j].text);
  }
  const all = s => [...d.querySelectorAll(s)];
  return {
    client: root.clientWidth, scroll: root.scrollWidth, title: d.title,
    overlaps: overlaps.slice(0, 10), runs: text.length, smallest: Math.min(...text.map(t => t.size)),
    verdict: all('.verdict').map(rect)[0] || null, findings: all('#findings').map(rect)[0] || null,
    drawn: all('body > svg > rect').map(rect), picture: all('body > svg').map(rect)[0] || null,
    strips: all('.strip').map(s => ({ at: rect(s), title: s.querySelector('title').textContent,
      desc: s.querySelector('desc').textContent, blocks: [...s.querySelectorAll('.block')].map(rect) })),
    bars: all('.subnets > li').map(li => { const bar = li.querySelector('.bar'); return bar && {
      name: li.querySelector('strong').textContent, at: rect(bar), edge: rect(bar.querySelector('.edge')),
      needed: [...bar.querySelectorAll('.needed')].map(rect), missing: [...bar.querySelectorAll('.missing')].map(rect),
      failure: (li.querySelector('.failure') || {}).textContent || '' }; }).filter(Boolean),
    headings: all('h1, h2, h3, h4').map(h => +h.tagName[1]), captions: all('table').filter(t => !t.caption).length,
    landmarks: ['header', 'main', 'footer'].filter(n => !d.querySelector(n)).length,
    foreign: all('[src], link, script, iframe, object, img, form').length, ran: !!w.ran || !!window.ran,
    background: w.getComputedStyle(d.body).backgroundColor, body: d.body.textContent.length,
  };
}
addEventListener('load', () => {
  const frames = [...document.querySelectorAll('iframe')];
  document.getElementById('out').textContent = JSON.stringify(frames.map(measure));
});
"#;

fn escaped(html: &str) -> String {
    html.replace('&', "&amp;").replace('"', "&quot;")
}

/// What the browser measures of every page at every width, in this order.
pub(crate) fn measured(browser: &PathBuf, pages: &[&str], widths: &[u32]) -> Vec<Value> {
    let frame = |page: &&str, width: &u32| {
        format!("<iframe width=\"{width}\" height=\"30000\" srcdoc=\"{}\"></iframe>\n", escaped(page))
    };
    let frames: String = pages.iter().flat_map(|p| widths.iter().map(move |w| frame(p, w))).collect();
    let html = format!(
        "<!DOCTYPE html><meta charset=utf-8><style>iframe {{ border: 0; display: block }}</style>\
         <pre id=out></pre>{frames}<script>{MEASURE}</script>"
    );
    let folder = Folder::new("browser", &[("page.html", &html)]);
    let profile = folder.path().join("profile");
    let output = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .args([
            "--disable-dev-shm-usage",
            "--virtual-time-budget=20000",
            "--window-size=1200,1000",
            "--dump-dom",
        ])
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg(format!("file://{}", folder.path().join("page.html").display()))
        .env("HOME", folder.path())
        .stdin(Stdio::null())
        .output()
        .expect("the browser starts");
    let dom = String::from_utf8_lossy(&output.stdout).into_owned();
    let text = dom.split_once("<pre id=\"out\">").and_then(|(_, rest)| rest.split_once("</pre>"));
    let text = text.map(|(text, _)| text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"));
    let text = text.filter(|t| !t.is_empty()).unwrap_or_else(|| {
        panic!("the browser measured nothing: {}", String::from_utf8_lossy(&output.stderr))
    });
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

/// Left, top, right, bottom.
fn rect(value: &Value) -> [f64; 4] {
    let list: Vec<f64> = value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect();
    list.try_into().unwrap()
}

/// An IPv4 prefix as its first address and its number of addresses.
fn range(prefix: &str) -> (f64, f64) {
    let (address, length) = prefix.split_once('/').unwrap();
    let address: std::net::Ipv4Addr = address.parse().unwrap();
    (f64::from(u32::from(address)), 2f64.powi(32 - length.parse::<i32>().unwrap()))
}

#[track_caller]
fn close(got: f64, expected: f64, what: &str) {
    assert!((got - expected).abs() < 0.75, "{what}: {got} px, expected {expected} px");
}

/// A page that a person can read at any width, whatever it shows.
fn is_readable(page: &Value, what: &str) {
    assert_eq!(page["scroll"], page["client"], "{what} overflows to the side");
    assert_eq!(page["overlaps"], json!([]), "{what}: texts overlap");
    assert!(page["smallest"].as_f64().unwrap() >= 11.0, "{what}: text of {} px", page["smallest"]);
    assert!(page["runs"].as_u64().unwrap() > 10, "{what} is empty");
    for zero in ["captions", "landmarks", "foreign"] {
        assert_eq!(page[zero], 0, "{what}: {zero}");
    }
    assert_eq!(page["ran"], false, "{what} ran a script");
    let levels: Vec<u64> = page["headings"].as_array().unwrap().iter().map(|h| h.as_u64().unwrap()).collect();
    assert_eq!(levels.iter().filter(|l| **l == 1).count(), 1, "{what}");
    assert!(
        levels.windows(2).all(|w| w[1] <= w[0] + 1),
        "{what}: a level of headings is left out: {levels:?}"
    );
}

/// Strips and bars against the figures of the machine interface.
fn is_to_scale(page: &Value, report: &Value, what: &str) {
    let subnets = report["subnets"].as_array().unwrap();
    let networks = report["virtual_networks"].as_array().unwrap();
    let strips = page["strips"].as_array().unwrap();
    assert_eq!(strips.len(), networks.len(), "{what}");
    for (strip, network) in strips.iter().zip(networks) {
        let [left, _, right, _] = rect(&strip["at"]);
        let (first, size) = range(network["address_space"][0].as_str().unwrap());
        let own = subnets.iter().filter(|s| s["virtual_network"] == network["name"]);
        let mut own: Vec<(f64, f64)> = own.map(|s| range(s["prefixes"][0].as_str().unwrap())).collect();
        own.sort_by(|a, b| a.0.total_cmp(&b.0));
        let blocks = strip["blocks"].as_array().unwrap();
        assert_eq!(blocks.len(), own.len(), "{what}");
        for (block, (start, addresses)) in blocks.iter().zip(own) {
            let scale = (right - left) / size;
            close(rect(block)[0], left + (start - first) * scale, what);
            close(rect(block)[2] - rect(block)[0], addresses * scale, what);
        }
        assert!(strip["title"].as_str().unwrap().contains(network["name"].as_str().unwrap()));
        assert!(strip["desc"].as_str().unwrap().contains("addresses unallocated"));
    }
    for bar in page["bars"].as_array().unwrap() {
        let subnet = subnets.iter().find(|s| s["name"] == bar["name"]).unwrap();
        let figure = |name: &str| subnet[name].as_f64().unwrap_or(0.0);
        let (capacity, peak) = (figure("capacity"), figure("upgrade_peak"));
        let used = subnet["live"]["used"].as_f64().unwrap_or(0.0);
        let [left, _, right, _] = rect(&bar["at"]);
        let scale = (right - left) / capacity.max(peak).max(used);
        close(rect(&bar["edge"])[2] - left, capacity * scale, what);
        let needed = bar["needed"].as_array().unwrap().first().map_or(0.0, |r| rect(r)[2] - rect(r)[0]);
        close(needed, figure("autoscaler_max").min(capacity) * scale, what);
        let missing = bar["missing"].as_array().unwrap().first().map_or(0.0, |r| rect(r)[2] - rect(r)[0]);
        close(missing, (peak - capacity).max(0.0) * scale, what);
        let failure = bar["failure"].as_str().unwrap();
        assert_eq!(failure.is_empty(), subnet["first_failure"].is_null(), "{what}: {failure}");
    }
}

/// A root whose texts try to become markup.
const HOSTILE: &str = r#"
resource "azurerm_virtual_network" "a" {
  name                = "v</title></style><script>parent.ran=1</script>"
  resource_group_name = "<img src=x onerror=parent.ran=1>"
  location            = "westeurope"
  address_space       = ["10.0.0.0/16"]
}
resource "azurerm_subnet" "a" {
  for_each             = toset(["<script>parent.ran=1</script>", "a\" onload=\"parent.ran=1", "{{ 7 * 7 }}"])
  name                 = each.key
  resource_group_name  = "rg"
  virtual_network_name = azurerm_virtual_network.a.name
  address_prefixes     = ["10.0.${length(each.key)}.0/24"]
}
resource "azurerm_subnet" "b" {
  name                 = "b"
  resource_group_name  = "rg"
  virtual_network_name = azurerm_virtual_network.a.name
  address_prefixes     = ["10.0.0.0/30<b onclick=parent.ran=1>"]
}
"#;

#[test]
fn pages_hold_in_a_real_browser() {
    let Some(browser) = chromium() else {
        say!(
            "NOT RUN: the browser tests: no Chromium here (tests/run installs it; TRUEUP_CHROMIUM names one)"
        );
        return;
    };
    let page = |args: &[&str]| {
        let run = trueup(&[args, &["--format", "html"]].concat());
        assert!(run.stdout.starts_with("<!DOCTYPE html>"), "{args:?}: {}{}", run.stdout, run.stderr);
        run.stdout
    };
    let folder = Folder::new("hostile-page", &[("main.tf", HOSTILE)]);
    let hostile =
        trueup_in(folder.path(), &["review", ".", "--format", "html", "--today", "2026-11-20"]).stdout;
    assert!(hostile.contains("{{ 7 * 7 }}"), "a template in a name is a name");
    let review = page(&["review", "environments/production", "--today", "2026-11-20"]);
    let scripted = review.replace("<main", "<script>parent.ran = 1</script><main");
    let pages = [
        ("the review", review),
        (
            "the change",
            page(&[
                "review",
                "environments/production",
                "--base",
                "environments/staging",
                "--today",
                "2026-11-20",
            ]),
        ),
        ("the subnets", page(&["subnets", "environments/production"])),
        (
            "the design",
            page(&[
                "size",
                "--nodes",
                "3..50",
                "--model",
                "node-subnet",
                "--taken",
                "10.0.0.0/24=branch",
                "--space",
                "10.0.0.0/16",
                "--private-endpoints",
                "8",
                "--subnet",
                "AzureBastionSubnet",
            ]),
        ),
        ("the drift", page(&["drift", "environments/production"])),
        ("hostile text", hostile),
    ];
    let texts: Vec<&str> = pages.iter().map(|(_, text)| text.as_str()).collect();
    let results = measured(&browser, &texts, &[1000, 400]);
    let report = trueup(&["subnets", "environments/production", "--format", "json"]).json();
    for ((name, _), both) in pages.iter().zip(results.chunks(2)) {
        for (result, width) in both.iter().zip([1000, 400]) {
            let what = format!("{name} at {width} px");
            is_readable(result, &what);
            if ["the review", "the change", "the subnets"].contains(name) {
                is_to_scale(result, &report, &what);
            }
        }
    }
    let review = &results[0];
    assert!(
        rect(&review["verdict"])[3] < 200.0 && rect(&review["verdict"])[3] < rect(&review["findings"])[1]
    );
    // The page's own policy keeps a script from running that stands in it all the same.
    let scripted = measured(&browser, &[&scripted], &[1000]);
    assert_eq!((scripted[0]["foreign"].clone(), scripted[0]["ran"].clone()), (json!(1), json!(false)));
    say!("browser: {} pages hold at 1,000 and 400 px in {}", pages.len(), browser.display());
}

/// A picture by itself is to scale: the space is one strip, and each subnet begins and ends where its range does.
#[test]
fn pictures_hold_in_a_real_browser() {
    let Some(browser) = chromium() else { return };
    let folder = Folder::new("picture", &[]);
    let file = folder.path().join("map.svg");
    let output = format!("svg={}", file.display());
    let ask = [
        "size",
        "--nodes",
        "3..50",
        "--model",
        "node-subnet",
        "--space",
        "10.0.0.0/19",
        "--taken",
        "10.0.16.0/22",
    ];
    let more =
        ["--subnet", "AzureBastionSubnet", "--subnet", "apps=/23", "--format", "json", "--output", &output];
    let design = trueup(&[&ask[..], &more].concat()).json();
    let written = std::fs::read_to_string(&file).unwrap();
    let printed = trueup(&[&ask[..], &more[..4], &["--format", "svg"]].concat()).stdout;
    assert_eq!(written, printed);
    let page = format!("<!DOCTYPE html><title>map</title><style>body {{ margin: 0 }}</style><body>{written}");
    let result = &measured(&browser, &[&page], &[1000])[0];
    assert_eq!(result["overlaps"], json!([]), "texts overlap");
    assert!(result["smallest"].as_f64().unwrap() >= 11.0 && result["runs"].as_u64().unwrap() > 10);
    let picture = rect(&result["picture"]);
    assert!(picture[2] - picture[0] <= 1000.5 && result["scroll"] == result["client"], "{picture:?}");
    let drawn: Vec<[f64; 4]> = result["drawn"].as_array().unwrap().iter().map(rect).collect();
    let inside =
        |r: &[f64; 4]| r[0] >= picture[0] - 1.0 && r[2] <= picture[2] + 1.0 && r[3] <= picture[3] + 1.0;
    assert!(drawn.iter().all(inside), "something is drawn outside of the picture");
    // The background comes first, then the strip of the space.
    let (strip, (first, size)) = (drawn[1], range("10.0.0.0/19"));
    let x = |address: f64| strip[0] + (strip[2] - strip[0]) * (address - first) / size;
    let at_height: Vec<&[f64; 4]> = drawn[2..].iter().filter(|r| (r[1] - strip[1]).abs() < 1.0).collect();
    let named = |list: &str, field: &str| -> Vec<String> {
        let list = design[list].as_array().unwrap().iter();
        list.map(|s| s[field].as_str().unwrap().to_owned()).collect()
    };
    for prefix in named("subnets", "prefix").into_iter().chain(named("taken", "prefix")) {
        let (from, addresses) = range(&prefix);
        for edge in [x(from), x(from + addresses)] {
            let nearest = at_height.iter().flat_map(|r| [r[0], r[2]]).map(|e| (e - edge).abs());
            let nearest = nearest.fold(f64::INFINITY, f64::min);
            assert!(nearest < 1.25, "{prefix}: nothing is drawn at {edge} px, nearest {nearest} px off");
        }
    }
}

#[test]
fn the_same_input_gives_the_same_page() {
    let page =
        || trueup(&["review", "environments/production", "--format", "html", "--today", "2026-11-20"]).stdout;
    assert_eq!(page(), page());
}
