//! Each way to sign in that can be played on this machine, and what is said when it fails.

use super::arm::{Arm, Setup};
use super::{Case, SECRET, az, principal, trueup};
use crate::harness::Folder;

fn small() -> Arm {
    Arm::new(&Case::open("020-vnet-inline-subnets").arm, Setup::default())
}

const INVENTORY: [&str; 4] = ["inventory", "--subscription", "s", "--verbose"];

#[test]
fn each_way_signs_in_and_is_told() {
    let arm = small();
    let url = arm.url();
    let folder = Folder::new("az", &[("assertion", "from-a-file")]);
    let path = az(
        &folder,
        "#!/bin/sh\necho '{\"accessToken\": \"token-7\", \"expires_on\": 4102444800, \"tokenType\": \"Bearer\"}'\n",
    );
    let file = folder.path().join("assertion");
    let (file, asked) = (file.to_str().unwrap(), format!("{url}/oidc"));
    let client = [("ARM_CLIENT_ID", "client"), ("ARM_TENANT_ID", "tenant")];
    let ways: [(&str, Vec<(&str, &str)>); 5] = [
        ("by cli: no variable names another way", vec![("PATH", &path)]),
        ("by secret: a client secret is set", vec![client[0], client[1], ("ARM_CLIENT_SECRET", SECRET)]),
        (
            "by oidc-github",
            vec![
                client[0],
                client[1],
                ("ACTIONS_ID_TOKEN_REQUEST_URL", &asked),
                ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "job"),
            ],
        ),
        ("by oidc-github", vec![client[0], client[1], ("ARM_OIDC_TOKEN_FILE_PATH", file)]),
        (
            "by workload",
            vec![("AZURE_CLIENT_ID", "c"), ("AZURE_TENANT_ID", "t"), ("AZURE_FEDERATED_TOKEN_FILE", file)],
        ),
    ];
    for (told, mut environment) in ways {
        environment.push(("TRUEUP_ARM_ENDPOINT", &url));
        let run = trueup(&INVENTORY, &environment);
        assert_eq!(run.status, 0, "{told}: {}", run.stderr);
        assert!(run.stderr.contains(told), "{told}: {}", run.stderr);
    }
}

#[test]
fn a_failed_sign_in_says_what_to_do_and_shows_no_secret() {
    let arm = small();
    let url = arm.url();
    let folder = Folder::new("az-fails", &[]);
    let path =
        az(&folder, "#!/bin/sh\necho \"ERROR: Please run 'az login' to setup account.\" >&2\nexit 1\n");
    let wrong = [
        ("TRUEUP_ARM_ENDPOINT", &*url),
        ("ARM_CLIENT_ID", "c"),
        ("ARM_TENANT_ID", "t"),
        ("ARM_CLIENT_SECRET", "wrong"),
    ];
    type Case<'a> = (&'a [(&'a str, &'a str)], &'a [&'a str], &'a str);
    let table: [Case<'_>; 6] = [
        (&[("TRUEUP_ARM_ENDPOINT", &url), ("PATH", &path)], &[], "Run `az login`"),
        (
            &[("TRUEUP_ARM_ENDPOINT", &url), ("PATH", &path)],
            &["--cloud", "china"],
            "az cloud set --name AzureChinaCloud",
        ),
        (
            &[("TRUEUP_ARM_ENDPOINT", &url)],
            &["--auth", "secret"],
            "Set ARM_TENANT_ID, ARM_CLIENT_ID and ARM_CLIENT_SECRET",
        ),
        (&wrong, &[], "Invalid client secret"),
        (&[("TRUEUP_ARM_ENDPOINT", "http://example.org")], &[], "this machine only"),
        (&[], &["--cloud", "mars"], "there are public, usgovernment, china"),
    ];
    for (environment, flags, expected) in table {
        let run = trueup(&[&INVENTORY[..], flags].concat(), environment);
        assert_eq!(run.status, 1, "{expected}: {}{}", run.stdout, run.stderr);
        assert!(run.stderr.contains(expected), "{expected}: {}", run.stderr);
    }
    assert!(arm.asked().is_empty(), "nothing is read without a token");
}

#[test]
fn the_usual_subscription_is_the_only_one_or_must_be_said() {
    let case = Case::open("020-vnet-inline-subnets");
    let arm = Arm::new(&case.arm, Setup::default());
    let url = arm.url();
    let run = trueup(&["inventory", "--format", "json"], &principal(&url));
    assert_eq!(run.status, 0, "{}", run.stderr);
    let mut two = case.arm.get("resources").unwrap_or(&case.arm).as_array().unwrap().clone();
    two.push(serde_json::json!({"id": "/subscriptions/other/resourceGroups/g", "name": "g"}));
    let arm = Arm::new(&serde_json::Value::Array(two), Setup::default());
    let run = trueup(&["inventory"], &principal(&arm.url()));
    assert_eq!(run.status, 1);
    assert!(run.stderr.contains("2 can be seen"), "{}", run.stderr);
    let run = trueup(&["inventory", "--all-subscriptions"], &principal(&arm.url()));
    assert_eq!(run.status, 0, "{}", run.stderr);
}

#[test]
fn settings_of_the_change_connect_to_nothing() {
    let folder = Folder::new(
        "live-azure-toml",
        &[("main.tf", "locals { a = 1 }\n"), ("trueup.toml", "live = \"azure\"\n")],
    );
    let run = crate::harness::trueup_in(folder.path(), &["drift", "."]);
    assert_eq!(run.status, 1);
    assert!(run.stderr.contains("--live azure"), "{}", run.stderr);
}
