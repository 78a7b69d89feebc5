//! What a run is over, and what it is declared to be for.

use crate::batch::{by_input, permscope, run, scratch};
use crate::common::{apk, repo, zip};
use permscope::engine::batch::outcome::Status;
use permscope::forge::app::Sample;
use std::fs;

#[test]
fn archives_of_apps_and_folders_of_splits_are_inputs() {
    let at = &scratch("batch-archives");
    let shop = fs::read(repo("samples/apps/shop/shop.apk")).unwrap();
    let torch = apk("flashlight-clean");
    let dump = zip(&[
        ("apps/shop.apk", &shop),
        ("apps/torch.apk", &torch),
        ("apps/notes.txt", b"x"),
    ]);
    fs::write(at.join("dump.zip"), dump).unwrap();
    let mut tar = tar_of(&[("x/torch.apk", &torch), ("x/notes.txt", b"x")]);
    tar.extend([0; 1024]);
    fs::write(at.join("dump.tar"), tar).unwrap();
    fs::create_dir_all(at.join("pulled/app")).unwrap();
    for name in ["base.apk", "split_notes.apk", "split_config.zh.apk"] {
        fs::copy(
            repo("samples/apps/multi").join(name),
            at.join("pulled/app").join(name),
        )
        .unwrap();
    }
    fs::copy(
        repo("samples/apps/multi/multi.apks"),
        at.join("bundle.apks"),
    )
    .unwrap();
    run(
        &[
            "batch", "dump.zip", "dump.tar", "pulled", "*.apks", "--out", "run",
        ],
        at,
    );
    let found = by_input(&at.join("run"));
    let names: Vec<&str> = found.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "bundle.apks",
            "dump.tar!x/torch.apk",
            "dump.zip!apps/shop.apk",
            "dump.zip!apps/torch.apk",
            "pulled/app"
        ]
    );
    assert!(
        found.values().all(|o| o.status == Status::Audited),
        "{found:?}"
    );
    let sha256 = |name: &str| found[name].sha256.as_str();
    assert_eq!(
        sha256("dump.tar!x/torch.apk"),
        sha256("dump.zip!apps/torch.apk")
    );
    // Made with sha256sum over the lines that it prints of the three files, without their names.
    assert_eq!(sha256("pulled/app").len(), 64);
    assert_eq!(
        found["pulled/app"].app.as_ref().unwrap().package,
        found["bundle.apks"].app.as_ref().unwrap().package
    );
}

/// A tar archive by POSIX.1-1988 (ustar): name, mode, owner, group, size, time, checksum, type.
fn tar_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, bytes) in files {
        let mut header = [0u8; 512];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[100..107].copy_from_slice(b"0000644");
        header[124..135].copy_from_slice(format!("{:011o}", bytes.len()).as_bytes());
        header[136..147].copy_from_slice(b"00000000000");
        header[156] = b'0';
        header[257..263].copy_from_slice(b"ustar\0");
        header[263..265].copy_from_slice(b"00");
        header[148..156].copy_from_slice(b"        ");
        let sum: u32 = header.iter().map(|b| u32::from(*b)).sum();
        header[148..154].copy_from_slice(format!("{sum:06o}").as_bytes());
        header[154] = 0;
        out.extend(header);
        out.extend(*bytes);
        out.resize(out.len().next_multiple_of(512), 0);
    }
    out
}

#[test]
fn one_file_that_two_rows_declare_differently_has_two_reports() {
    let at = &scratch("batch-declared");
    let shop = fs::read(repo("samples/apps/shop/shop.apk")).unwrap();
    fs::create_dir_all(at.join("s")).unwrap();
    for name in ["one.apk", "two.apk", "three.apk", "four.apk"] {
        fs::write(at.join("s").join(name), &shop).unwrap();
    }
    let table = "file,name,function\none.apk,购物,网上购物\ntwo.apk,手电,手电筒\nthree.apk,购物,网上购物\nfour.apk,?,不存在的功能\n";
    fs::write(at.join("cat.csv"), table).unwrap();
    run(
        &["batch", "s", "--out", "run", "--catalogue", "cat.csv"],
        at,
    );
    let found = by_input(&at.join("run"));
    let report = |name: &str| found[name].report.clone().unwrap();
    // In the order of names: four, one, three, two.
    assert_eq!(
        report("s/four.apk"),
        format!("reports/{}.json", found["s/one.apk"].sha256)
    );
    assert_ne!(report("s/one.apk"), report("s/two.apk"));
    assert_eq!(report("s/one.apk"), report("s/three.apk"));
    assert!(report("s/one.apk").ends_with("+online-shopping.json"));
    assert!(
        found["s/four.apk"]
            .catalogue_trouble
            .as_deref()
            .unwrap()
            .contains("不存在的功能")
    );
    assert_eq!(found["s/two.apk"].listed.as_ref().unwrap().name, "手电");
}

/// A share of peers stands beside a finding, and only where there are enough.
#[test]
fn what_peers_ask_for_stands_beside_a_finding() {
    let at = &scratch("batch-peers");
    fs::create_dir_all(at.join("s")).unwrap();
    let torch = fs::read_to_string(repo("samples/text/flashlight-clean/app.toml")).unwrap();
    let app = |number: u32, permission: &str| {
        let asks = format!("<manifest>\n  <uses-permission android:name=\"{permission}\"/>");
        let text = torch
            .replace(
                "package = \"com.example.torch\"",
                &format!("package = \"com.example.torch{number}\""),
            )
            .replace("<manifest>", &asks);
        Sample::parse("torch", &text)
            .unwrap()
            .build()
            .unwrap()
            .remove(0)
            .1
    };
    for n in 0..12 {
        let permission = if n < 3 {
            "android.permission.READ_CONTACTS"
        } else {
            "android.permission.CAMERA"
        };
        fs::write(at.join(format!("s/{n}.apk")), app(n, permission)).unwrap();
    }
    run(&["batch", "s", "--out", "run", "--function", "手电筒"], at);
    let outcome = &by_input(&at.join("run"))["s/0.apk"];
    let text = fs::read(at.join("run").join(outcome.report.as_deref().unwrap())).unwrap();
    let report: permscope::report::v1::Report = serde_json::from_slice(&text).unwrap();
    let finding = report
        .findings
        .iter()
        .find(|f| f.subject == "android.permission.READ_CONTACTS")
        .unwrap();
    assert_eq!(finding.peers.len(), 1);
    assert_eq!((finding.peers[0].asking, finding.peers[0].of), (3, 12));
    assert_eq!(finding.peers[0].function, "utility-flashlight");
    let args = [
        "audit",
        "s/0.apk",
        "--function",
        "手电筒",
        "--peers",
        "run/peers.json",
        "--lang",
        "zh,en",
        "--format",
        "json",
    ];
    assert!(permscope(&args, at).stdout == text);
    let told = permscope(&[&args[..6], &["--lang", "zh"]].concat(), at);
    let told = String::from_utf8(told.stdout).unwrap();
    assert!(
        told.contains("同批检测的12款“手电筒”应用中，3款申请该权限"),
        "{told}"
    );
    let peers = fs::read_to_string(at.join("run/peers.json")).unwrap();
    assert!(peers.contains(&finding.peers[0].run));
    run(
        &[
            "batch",
            "s/0.apk",
            "s/1.apk",
            "--out",
            "few",
            "--function",
            "手电筒",
        ],
        at,
    );
    let outcome = &by_input(&at.join("few"))["s/0.apk"];
    let text = fs::read_to_string(at.join("few").join(outcome.report.as_deref().unwrap())).unwrap();
    assert!(!text.contains("\"peers\""));
}
