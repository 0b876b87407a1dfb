//! `trueup modules fetch` against a registry on a loopback port and repositories made by the test.

use std::path::PathBuf;

use serde_json::Value as Json;

use crate::harness::{Folder, Run, trueup_with};
use server::{Answer, Server};

mod server;

/// A `tar.gz` of files.
fn archive(files: &[(&str, &str)]) -> Vec<u8> {
    let encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut builder = tar::Builder::new(encoder);
    for (path, text) in files {
        let mut header = tar::Header::new_gnu();
        // Written as it is: the builder's own way refuses paths that leave the archive.
        header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        builder.append(&header, text.as_bytes()).unwrap();
    }
    builder.into_inner().unwrap().finish().unwrap()
}

/// A root module with a cache of its own.
struct Root {
    folder: Folder,
}

impl Root {
    fn new(name: &str, files: &[(&str, &str)]) -> Root {
        Root { folder: Folder::new(&format!("modules-{name}"), files) }
    }

    fn cache(&self) -> PathBuf {
        self.folder.path().join("cache")
    }

    fn run(&self, args: &[&str], environment: &[(&str, &str)]) -> Run {
        let cache = self.cache().to_str().unwrap().to_owned();
        let environment = [&[("XDG_CACHE_HOME", cache.as_str())], environment].concat();
        trueup_with(self.folder.path(), args, &environment)
    }

    /// `trueup modules fetch root` with the registry at a server.
    fn fetch(&self, server: &Server, more: &[&str]) -> Run {
        let url = server.url();
        let args = ["modules", "fetch", "root", "--format", "json", "--registry-url", &url];
        self.run(&[&args[..], more].concat(), &[])
    }

    fn plan(&self, root: &str) -> Run {
        self.run(&["plan", root, "--format", "json", "--checkout", "."], &[])
    }

    fn manifest(&self) -> Json {
        let text = std::fs::read_to_string(self.folder.path().join("root/.trueup/modules.json")).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    /// The directory of the one package in the cache.
    fn package(&self) -> PathBuf {
        let sha256 = self.manifest()["modules"][0]["sha256"].as_str().unwrap().to_owned();
        self.cache().join("trueup/modules").join(sha256)
    }
}

/// Status, version and error of each module, in the order they were reached.
fn outcomes(run: &Run) -> Vec<(String, String, String)> {
    let json = run.json();
    let text = |m: &Json, key: &str| m[key].as_str().unwrap_or_default().to_owned();
    let modules = json["modules"].as_array().unwrap_or_else(|| panic!("{json}"));
    modules.iter().map(|m| (text(m, "status"), text(m, "resolved"), text(m, "error"))).collect()
}

const NETWORK: &str = r#"
variable "name" { type = string }
module "names" {
  source  = "team/names/azurerm"
  version = "2.0.0-rc1"
  name    = var.name
}
module "inner" {
  source = "./modules/inner"
  name   = module.names.group
}
output "id" { value = module.inner.name }
"#;

const INNER: &str = r#"
variable "name" { type = string }
resource "azurerm_resource_group" "this" {
  name     = var.name
  location = "westeurope"
  tags     = { note = file("${path.module}/note.txt") }
}
output "name" { value = azurerm_resource_group.this.name }
"#;

const NAMES: &str = r#"
variable "name" { type = string }
output "group" { value = "rg-${var.name}" }
"#;

#[test]
fn nested_modules_are_fetched_and_mean_what_local_ones_mean() {
    let server = Server::new();
    let files =
        [("main.tf", NETWORK), ("modules/inner/main.tf", INNER), ("modules/inner/note.txt", "of the module")];
    let versions = ["1.2.0", "2.0.0-rc1", "1.10.1", "1.9.0", "0.9.0", "2.0.0", "not-a-version"];
    server.module("team/network/azurerm", &versions, &files);
    server.module("team/names/azurerm", &["1.0.0", "2.0.0-rc1", "2.0.0-rc2"], &[("main.tf", NAMES)]);
    let call = |source: &str| {
        format!(
            "module \"net\" {{\n  for_each = toset([\"a\", \"b\"])\n  {source}\n  name = each.key\n}}\n\
             output \"ids\" {{ value = values(module.net)[*].id }}\n"
        )
    };
    let registry = call("source = \"team/network/azurerm\"\n  version = \"~> 1.2, != 1.9.0\"");
    let local_names =
        NETWORK.replace("\"team/names/azurerm\"", "\"../names\"").replace("  version = \"2.0.0-rc1\"\n", "");
    let root = Root::new(
        "nested",
        &[
            ("root/main.tf", &registry),
            ("local/main.tf", &call("source = \"../copies/network\"")),
            ("copies/network/main.tf", &local_names),
            ("copies/network/modules/inner/main.tf", INNER),
            ("copies/network/modules/inner/note.txt", "of the module"),
            ("copies/names/main.tf", NAMES),
        ],
    );

    let before = root.plan("root").json();
    let diagnostic = &before["diagnostics"][0];
    assert_eq!(diagnostic["summary"], "Module not installed");
    let detail = diagnostic["detail"].as_str().unwrap();
    assert!(detail.contains("trueup modules fetch root") && detail.contains("terraform init"), "{detail}");
    assert_eq!(server.paths(), Vec::<String>::new(), "nothing is downloaded unasked");

    let run = root.fetch(&server, &[]);
    assert_eq!(run.status, 0, "{}{}", run.stdout, run.stderr);
    let fetched = |version: &str| ("fetched".to_owned(), version.to_owned(), String::new());
    assert_eq!(outcomes(&run), [fetched("1.10.1"), fetched("2.0.0-rc1")]);

    let (ours, theirs) = (root.plan("root"), root.plan("local"));
    assert_eq!((ours.status, theirs.status), (0, 0), "{}", ours.stdout);
    for part in ["planned_values", "resource_changes", "output_changes", "variables"] {
        assert_eq!(ours.json()[part], theirs.json()[part], "{part}");
    }
    assert!(ours.stdout.contains("of the module"), "the plan holds the file of the module");

    let asked = server.paths().len();
    let again = root.fetch(&server, &[]);
    assert!(outcomes(&again).iter().all(|o| o.0 == "present"), "{}", again.stdout);
    assert_eq!(server.paths().len(), asked, "what is there is not asked for again");
}

#[test]
fn what_cannot_be_had_is_said_and_the_rest_is_fetched() {
    let server = Server::new();
    let good = [("main.tf", NAMES)];
    server.module("team/good/azurerm", &["1.0.0"], &good);
    server.module("team/old/azurerm", &["1.1.0", "1.0.0", "1.10.0"], &good);
    server.module("team/gone/azurerm", &["1.0.0"], &good);
    server.only("/v1/modules/team/gone/azurerm/1.0.0/archive.tgz", Answer::status(404));
    server.module("team/closed/azurerm", &["1.0.0"], &good);
    server.only("/v1/modules/team/closed/azurerm/versions", Answer::status(401));
    server.module("team/cut/azurerm", &["1.0.0"], &good);
    let big = archive(&[("main.tf", &"# a comment that fills\n".repeat(9000))]);
    server.only("/v1/modules/team/cut/azurerm/1.0.0/archive.tgz", Answer::body(big.clone()).cut());
    server.module("team/half/azurerm", &["1.0.0"], &good);
    let half = &big[..big.len() - 6];
    server.only("/v1/modules/team/half/azurerm/1.0.0/archive.tgz", Answer::body(half));
    server.module("team/evil/azurerm", &["1.0.0"], &[("main.tf", ""), ("../../evil.tf", "x")]);
    server.module("team/busy/azurerm", &["1.0.0"], &good);
    let busy = Answer::status(429).header("Retry-After", "3600");
    server.only("/v1/modules/team/busy/azurerm/versions", busy);
    server.module("team/zip/azurerm", &["1.0.0"], &good);
    let zip = Answer::status(204).header("X-Terraform-Get", "https://example.org/m.zip");
    server.only("/v1/modules/team/zip/azurerm/1.0.0/download", zip);
    server.module("team/plain/azurerm", &["1.0.0"], &good);
    let plain = Answer::status(204).header("X-Terraform-Get", "http://192.0.2.1/m.tgz");
    server.only("/v1/modules/team/plain/azurerm/1.0.0/download", plain);
    server.module("team/round/azurerm", &["1.0.0"], &good);
    let round = Answer::status(204).header("X-Terraform-Get", "team/round/azurerm");
    server.only("/v1/modules/team/round/azurerm/1.0.0/download", round);
    server.module("team/folder/azurerm", &["1.0.0"], &good);
    let folder = Answer::status(204).header("X-Terraform-Get", "./archive.tgz//nowhere");
    server.only("/v1/modules/team/folder/azurerm/1.0.0/download", folder);

    let cases = [
        (
            "team/old/azurerm",
            "~> 2.0",
            "no version of team/old/azurerm meets \"~> 2.0\"; there are 1.10.0, 1.1.0, 1.0.0",
        ),
        ("team/none/azurerm", "1.0.0", "the registry registry.terraform.io has no module team/none/azurerm"),
        ("team/gone/azurerm", "1.0.0", "answered 404: there is nothing of that name"),
        ("team/closed/azurerm", "1.0.0", "answered 401: it wants a token, in the variable TF_TOKEN_"),
        ("team/cut/azurerm", "1.0.0", "the archive cannot be used"),
        ("team/half/azurerm", "1.0.0", "the archive cannot be used"),
        ("team/evil/azurerm", "1.0.0", "\"../../evil.tf\" leads out of it"),
        ("team/busy/azurerm", "1.0.0", "answered 429: it asks to come back in 3600 s"),
        ("team/zip/azurerm", "1.0.0", "zip archive"),
        ("team/plain/azurerm", "1.0.0", "is not https"),
        ("team/round/azurerm", "1.0.0", "leads back to a registry"),
        ("team/folder/azurerm", "1.0.0", "no folder \"nowhere\""),
        ("team/good/azurerm", "latest", "\"latest\" is no version constraint"),
        ("git::https://127.0.0.1:1/r.git", "", "git: "),
        ("git::file:///nowhere", "", "--allow-file"),
        ("git::ext::sh -c id", "", "characters that no address has"),
        ("s3::https://example.org/m.tgz", "", "getter that trueup has not"),
        ("team/good/azurerm", "1.0.0", ""),
    ];
    let mut text = String::new();
    for (at, (source, version, _)) in cases.iter().enumerate() {
        let version = if version.is_empty() { String::new() } else { format!("\n  version = \"{version}\"") };
        text += &format!("module \"m{at:02}\" {{\n  source = \"{source}\"{version}\n  name = \"x\"\n}}\n");
    }
    let root = Root::new("errors", &[("root/main.tf", &text)]);
    let run = root.fetch(&server, &[]);
    assert_eq!(run.status, 1, "{}", run.stderr);
    let outcomes = outcomes(&run);
    assert_eq!(outcomes.len(), cases.len());
    for ((source, _, want), (status, _, error)) in cases.iter().zip(&outcomes) {
        assert_eq!(status == "fetched", want.is_empty(), "{source}: {error}");
        assert!(error.contains(want), "{source}: {error}");
    }
    let json = run.json();
    assert_eq!(json["complete"], false);
    assert_eq!(json["diagnostics"].as_array().unwrap().len(), cases.len() - 1);
    let left = std::fs::read_dir(root.cache().join("trueup/modules")).unwrap();
    let hidden = left.flatten().filter(|e| e.file_name().to_str().unwrap().starts_with('.')).count();
    assert_eq!(hidden, 0, "nothing half done is left in the cache");
    assert!(!root.cache().join("evil.tf").exists() && !root.cache().join("trueup/evil.tf").exists());
}

const GOOD: &str = "module \"m\" {\n  source  = \"team/good/azurerm\"\n  version = \">= 1.0\"\n  name    = \"x\"\n}\n\
                    output \"o\" { value = module.m.group }\n";

#[test]
fn a_busy_registry_is_waited_for_and_one_that_is_not_there_is_named() {
    let server = Server::new();
    server.module("team/good/azurerm", &["1.0.0"], &[("main.tf", NAMES)]);
    let listing = "/v1/modules/team/good/azurerm/versions";
    server.only(listing, Answer::status(429).header("Retry-After", "1"));
    server.on(listing, Answer::body(r#"{"modules": [{"versions": [{"version": "1.0.0"}]}]}"#));
    let root = Root::new("busy", &[("root/main.tf", GOOD)]);
    let run = root.fetch(&server, &[]);
    assert_eq!(run.status, 0, "{}", run.stdout);
    assert_eq!(server.paths().iter().filter(|p| *p == listing).count(), 2);

    let root = Root::new("offline", &[("root/main.tf", GOOD)]);
    let url = "http://127.0.0.1:1";
    let run = root.run(&["modules", "fetch", "root", "--registry-url", url], &[]);
    assert_eq!(run.status, 1);
    assert!(run.stdout.contains("cannot reach 127.0.0.1:1"), "{}{}", run.stdout, run.stderr);
    for url in ["http://192.0.2.1", "https://127.0.0.1", "http://127.0.0.1.example.org", "http://a@127.0.0.1"]
    {
        let run = root.run(&["modules", "fetch", "root", "--registry-url", url], &[]);
        assert!(run.stderr.contains("only an address of this machine"), "{url}: {}", run.stderr);
    }
}

#[test]
fn a_token_stays_with_its_host() {
    let (server, other) = (Server::new(), Server::new());
    other.module("team/net/azurerm", &["1.0.0"], &[("main.tf", NAMES)]);
    let listing = "/v1/modules/team/net/azurerm/versions";
    server.on(listing, Answer::status(302).header("Location", &format!("{}{listing}", other.url())));
    let archive = format!("{}/v1/modules/team/net/azurerm/1.0.0/archive.tgz", other.url());
    let download = Answer::status(204).header("X-Terraform-Get", &archive);
    server.on("/v1/modules/team/net/azurerm/1.0.0/download", download);
    let text =
        "module \"m\" {\n  source = \"registry.my-team.example.org/team/net/azurerm\"\n  name = \"x\"\n}\n";
    let root = Root::new("token", &[("root/main.tf", text)]);
    let url = format!("registry.my-team.example.org={}", server.url());
    let args = ["modules", "fetch", "root", "--registry-url", &url];
    let tokens = [
        ("TF_TOKEN_registry_my__team_example_org", "of-the-team"),
        ("TF_TOKEN_registry_terraform_io", "of-another-host"),
    ];
    let run = root.run(&args, &tokens);
    assert_eq!(run.status, 0, "{}{}", run.stdout, run.stderr);
    assert_eq!(server.asked().len(), 3);
    for asked in server.asked() {
        assert_eq!(asked.authorization.as_deref(), Some("Bearer of-the-team"), "{}", asked.path);
    }
    assert_eq!(other.asked().len(), 2);
    for asked in other.asked() {
        assert_eq!(asked.authorization, None, "{}", asked.path);
    }
    assert!(!run.stdout.contains("of-the-team") && !run.stderr.contains("of-the-team"));
}

#[test]
fn changed_files_are_refused_until_they_are_renewed() {
    let server = Server::new();
    server.module("team/good/azurerm", &["1.0.0"], &[("main.tf", NAMES)]);
    let root = Root::new("checksum", &[("root/main.tf", GOOD)]);
    assert_eq!(root.fetch(&server, &[]).status, 0);
    assert_eq!(root.plan("root").status, 0);

    // In the cache.
    std::fs::write(root.package().join("main.tf"), NAMES.replace("rg-", "evil-")).unwrap();
    let plan = root.plan("root");
    assert_eq!(plan.status, 1);
    assert_eq!(plan.json()["diagnostics"][0]["summary"], "Module checksum does not fit");
    assert!(!plan.stdout.contains("evil-x"));
    let run = root.fetch(&server, &[]);
    assert!(outcomes(&run)[0].2.contains("the checksum does not fit"), "{}", run.stdout);
    assert_eq!(root.fetch(&server, &["--update"]).status, 0);
    assert!(root.plan("root").stdout.contains("rg-x"));

    // At the registry, while the cache is empty.
    std::fs::remove_dir_all(root.cache()).unwrap();
    assert_eq!(root.plan("root").status, 1, "a root without resources of its own has nothing left");
    let changed = NAMES.replace("rg-", "new-");
    server.module("team/good/azurerm", &["1.0.0", "1.1.0"], &[("main.tf", &changed)]);
    let run = root.fetch(&server, &[]);
    let (status, _, error) = outcomes(&run).remove(0);
    assert!(status == "failed" && error.contains("the checksum does not fit"), "{error}");
    assert_eq!(root.manifest()["modules"][0]["resolved"], "1.0.0", "the manifest is as it was");
    let run = root.fetch(&server, &["--update"]);
    assert_eq!(outcomes(&run)[0].1, "1.1.0");
    assert!(root.plan("root").stdout.contains("new-x"));
}

#[test]
fn an_edited_manifest_leads_nowhere_else() {
    let server = Server::new();
    server.module("team/good/azurerm", &["1.0.0"], &[("main.tf", NAMES)]);
    let secret = "output \"group\" { value = \"a secret\" }\nvariable \"name\" {}\n";
    let other = "0".repeat(64);
    let root = Root::new(
        "manifest",
        &[
            ("root/main.tf", GOOD),
            ("cache/outside/main.tf", secret),
            ("cache/trueup/modules/plain/main.tf", secret),
        ],
    );
    root.folder.write(&format!("cache/trueup/modules/{other}/main.tf"), secret);
    // A folder of the checkout with the name of a package is not taken for one.
    root.folder.write(&format!("root/.trueup/modules/{}/main.tf", "1".repeat(64)), secret);
    assert_eq!(root.fetch(&server, &[]).status, 0);
    let manifest = root.manifest();
    let good = manifest["modules"][0]["sha256"].as_str().unwrap().to_owned();
    let absolute = root.cache().join("outside").to_str().unwrap().to_owned();
    for (sha256, dir) in [
        ("plain", ""),
        ("../../outside", ""),
        (absolute.as_str(), ""),
        (&good, "../plain"),
        (&good, "../../../outside"),
        (&good, &absolute),
        (&other, ""),
        (&"1".repeat(64), ""),
    ] {
        let mut edited = manifest.clone();
        edited["modules"][0]["sha256"] = sha256.into();
        edited["modules"][0]["dir"] = dir.into();
        root.folder.write("root/.trueup/modules.json", edited.to_string());
        let plan = root.plan("root");
        assert_eq!(plan.status, 1, "{sha256} {dir}");
        assert!(!plan.stdout.contains("a secret"), "{sha256} {dir}: {}", plan.stdout);
    }
}

#[test]
fn repositories_are_pinned_to_their_commit() {
    let server = Server::new();
    let repository = Folder::new("modules-repository", &[("net/main.tf", NAMES), ("README.md", "# r\n")]);
    std::os::unix::fs::symlink("/etc/passwd", repository.path().join("net/link.tf")).unwrap();
    repository.git(&["init", "-q", "-b", "main", "."]);
    repository.git(&["add", "."]);
    repository.git(&["commit", "-qm", "one"]);
    repository.git(&["tag", "v1.0"]);
    let url = format!("git::file://{}", repository.path().display());
    let call = |name: &str, query: &str| {
        format!(
            "module \"{name}\" {{\n  source = \"{url}//net{query}\"\n  name = \"x\"\n}}\n\
             output \"{name}\" {{ value = module.{name}.group }}\n"
        )
    };
    let text = call("branch", "?ref=main&depth=1") + &call("tag", "?ref=v1.0") + &call("head", "");
    let root = Root::new("git", &[("root/main.tf", &text)]);
    let refused = root.fetch(&server, &[]);
    assert_eq!(refused.status, 1);
    assert!(outcomes(&refused)[0].2.contains("--allow-file"));
    let run = root.fetch(&server, &["--allow-file"]);
    assert_eq!(run.status, 0, "{}{}", run.stdout, run.stderr);
    assert_eq!(run.json()["modules"][0]["links_left_out"], 1);
    let commit = run.json()["modules"][0]["resolved"].as_str().unwrap().to_owned();
    assert_eq!(commit.len(), 40);
    assert!(!root.package().join(".git").exists() && !root.package().join("net/link.tf").exists());
    let plan = root.plan("root");
    assert_eq!(plan.json()["planned_values"]["outputs"]["branch"]["value"], "rg-x", "{}", plan.stdout);

    // The branch moves; the manifest does not, also when the cache is empty.
    repository.write("net/main.tf", NAMES.replace("rg-", "new-"));
    repository.git(&["commit", "-qam", "two"]);
    std::fs::remove_dir_all(root.cache()).unwrap();
    let run = root.fetch(&server, &["--allow-file"]);
    assert_eq!(run.status, 0, "{}", run.stdout);
    assert!(outcomes(&run).iter().all(|o| o.1 == commit), "{}", run.stdout);
    let run = root.fetch(&server, &["--allow-file", "--update"]);
    assert_eq!(run.status, 0, "{}", run.stdout);
    let outputs = root.plan("root").json()["planned_values"]["outputs"].clone();
    let values = ["branch", "tag", "head"].map(|n| outputs[n]["value"].as_str().unwrap().to_owned());
    assert_eq!(values, ["new-x", "rg-x", "new-x"]);

    // Commits by their whole name and by a short one.
    let text = call("whole", &format!("?ref={commit}")) + &call("short", &format!("?ref={}", &commit[..8]));
    let root = Root::new("commits", &[("root/main.tf", &(text + &call("none", "?ref=nothing")))]);
    let run = root.fetch(&server, &["--allow-file"]);
    let outcomes = outcomes(&run);
    assert_eq!([&outcomes[0].1, &outcomes[1].1], [&commit, &commit], "{}", run.stdout);
    assert!(outcomes[2].2.starts_with("git: "), "{}", outcomes[2].2);
}

#[test]
fn a_review_fetches_only_when_asked() {
    let server = Server::new();
    server.module("team/good/azurerm", &["1.0.0"], &[("main.tf", NAMES)]);
    let group = "resource \"azurerm_resource_group\" \"g\" {\n  name = module.m.group\n  location = \"westeurope\"\n}\n";
    let root = Root::new("review", &[("root/main.tf", &format!("{GOOD}{group}"))]);
    let url = server.url();
    let args = ["review", "root", "--checkout", ".", "--format", "json", "--registry-url", &url];
    let run = root.run(&args, &[]);
    assert_eq!(run.status, 3, "{}", run.stdout);
    assert_eq!(server.asked().len(), 0);
    let run = root.run(&[&args[..], &["--fetch-modules"]].concat(), &[]);
    assert_eq!(run.status, 0, "{}{}", run.stdout, run.stderr);
    assert_eq!(server.asked().len(), 4);
    assert_eq!(root.manifest()["format"], "trueup-modules/1");

    // A base with another version is fetched as well, and its manifest is not written.
    server.module("team/good/azurerm", &["1.0.0", "1.1.0"], &[("main.tf", NAMES)]);
    root.folder.git(&["init", "-q", "-b", "main", "."]);
    root.folder.write(".gitignore", "cache\n.trueup\n");
    root.folder.git(&["add", "."]);
    root.folder.git(&["commit", "-qm", "one"]);
    root.folder.write("root/main.tf", format!("{GOOD}{group}").replace(">= 1.0", "~> 1.1"));
    let change = [&args[..], &["--base", "HEAD"]].concat();
    assert_eq!(
        root.run(&change, &[]).status,
        3,
        "neither the head's module nor the base's is left out silently"
    );
    std::fs::remove_dir_all(root.cache()).unwrap();
    let run = root.run(&[&change[..], &["--fetch-modules"]].concat(), &[]);
    assert_eq!(run.status, 0, "{}{}", run.stdout, run.stderr);
    let manifest = root.manifest();
    let versions: Vec<_> = manifest["modules"].as_array().unwrap().iter().map(|m| &m["version"]).collect();
    assert_eq!(versions, ["~> 1.1"]);
}
