//! Files: the sandbox, and git in place of the disk.

use std::fs;
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};
use trueup::terraform::value::json::known_json;

use super::{Options, evaluate, said, summaries};

/// A directory of its own, removed at the end.
struct Scratch(Utf8PathBuf);

impl Scratch {
    fn new(name: &str) -> Scratch {
        let dir = Utf8Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).unwrap();
        Scratch(dir)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn link(&self, target: &str, path: &str) {
        std::os::unix::fs::symlink(target, self.0.join(path)).unwrap();
    }

    fn git(&self, args: &[&str]) {
        let name = ["-c", "user.name=t", "-c", "user.email=t@example.com"];
        let output = Command::new("git").arg("-C").arg(&self.0).args(name).args(args).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn shown(options: &Options) -> (Vec<String>, String) {
    let e = evaluate(options);
    (said(&e), known_json(&e.outputs["x"].value).unwrap().to_string())
}

/// The same root in the work tree and in git: the same result, until the work tree changes.
#[test]
fn a_git_tree_evaluates_like_the_disk() {
    let dir = Scratch::new("git");
    dir.write(
        "env/main.tf",
        r#"
module "m" {
  source   = "../mod"
  for_each = fileset(path.module, "*.txt")
  v        = trimspace(file("${path.module}/${each.key}"))
}
output "x" {
  value = merge({ for k, m in module.m : k => m.v }, { data = file("data/deep/x") })
}
"#,
    );
    dir.write("env/a.txt", "one\n");
    dir.write("env/b.txt", "two\n");
    dir.write("common/deep/x", "deep");
    dir.write("mod/main.tf", "variable \"v\" {}\noutput \"v\" { value = var.v }\n");
    dir.link("a.txt", "env/link.txt");
    dir.link("../common", "env/data");
    dir.git(&["init", "-q"]);
    dir.git(&["add", "-A"]);
    dir.git(&["commit", "-qm", "one"]);
    let disk = Options::disk(&dir.0.join("env")).unwrap();
    let base = disk.at_revision("HEAD").unwrap();
    let before = shown(&disk);
    assert_eq!(before, shown(&base));
    assert_eq!(before.1, r#"{"a.txt":"one","b.txt":"two","data":"deep","link.txt":"one"}"#);
    dir.write("env/a.txt", "three\n");
    assert_ne!(before, shown(&disk));
    assert_eq!(before, shown(&base));
    for wrong in ["no-such-branch", "--output=x", ""] {
        assert!(disk.at_revision(wrong).is_err(), "{wrong}");
    }
}

/// Nothing outside the checkout is read, whichever way leads there.
#[test]
fn nothing_outside_the_checkout_is_read() {
    let dir = Scratch::new("sandbox");
    dir.write("secret.txt", "secret");
    dir.write("secret/main.tf", "output \"v\" { value = 1 }\n");
    dir.write("checkout/.git/HEAD", "");
    dir.write("checkout/inside.txt", "inside");
    dir.write("checkout/env/main.tf", "");
    dir.link("../../secret.txt", "checkout/env/link.txt");
    dir.link("../../secret", "checkout/env/module");
    dir.link("/etc/passwd", "checkout/env/extra.tf");
    let root = dir.0.join("checkout/env");
    let absolute = dir.0.canonicalize_utf8().unwrap();
    let expressions = [
        "file(\"/etc/passwd\")".to_owned(),
        "file(\"../../secret.txt\")".to_owned(),
        "file(\"link.txt\")".to_owned(),
        "filebase64(\"../../../../../../../../etc/passwd\")".to_owned(),
        "templatefile(\"../../secret.txt\", {})".to_owned(),
        format!("file(\"{absolute}/secret.txt\")"),
        "filemd5(\"/dev/zero\")".to_owned(),
        "fileset(\"../..\", \"**\")".to_owned(),
        "fileexists(\"/etc/passwd\")".to_owned(),
    ];
    for expression in expressions {
        dir.write("checkout/env/main.tf", &format!("output \"x\" {{ value = {expression} }}\n"));
        let e = evaluate(&Options::disk(&root).unwrap());
        assert!(
            said(&e)
                .iter()
                .any(|line| line.starts_with("main.tf:1:") && line.contains("outside the checkout")),
            "{expression}: {:?}",
            said(&e)
        );
        assert!(e.outputs["x"].value.is_unknown(), "{expression}");
    }
    dir.write("checkout/env/main.tf", &format!("output \"x\" {{ value = \"${{file(\"../inside.txt\")}} ${{file(\"{absolute}/checkout/inside.txt\")}}\" }}\n"));
    let e = evaluate(&Options::disk(&root).unwrap());
    assert_eq!(e.outputs["x"].value.as_str(), Some("inside inside"));
    for source in ["../../secret", "./module", "/etc", "../../../../../.."] {
        dir.write("checkout/env/main.tf", &format!("module \"m\" {{\n  source = \"{source}\"\n}}\n"));
        let e = evaluate(&Options::disk(&root).unwrap());
        let refused = summaries(&e).iter().any(|s| s.starts_with("main.tf:2:12 error"));
        assert!(refused, "{source}: {:?}", said(&e));
    }
}
