// SPDX-License-Identifier: BSD-2-Clause
//! A client in Rust: calls KIND COUNT, KIND of many, one, closing, large, pause
use std::{env, io, process, thread, time};

const CHAT: &str = r#"{"model":"gpt-4o","messages":[{"role":"user","content":"count me"}]"#;
const STREAM: &str = r#","stream":true,"stream_options":{"include_usage":true}"#;

async fn call(client: &reqwest::Client, body: String) {
    let url = env::var("SIM_URL").unwrap() + "/v1/chat/completions";
    let request = client
        .post(url)
        .header("x-sim-test", env::var("SIM_TEST").unwrap())
        .header("content-type", "application/json")
        .body(body);
    let answer = request.send().await.unwrap();
    if !answer.status().is_success() || answer.bytes().await.is_err() {
        process::exit(1);
    }
}

fn chat(number: usize) -> String {
    CHAT.to_owned() + if number % 2 == 1 { STREAM } else { "" } + "}"
}

fn client() -> reqwest::Client {
    let newest = match env::var("TLS_MAX").as_deref() {
        Ok("1.2") => reqwest::tls::Version::TLS_1_2,
        _ => reqwest::tls::Version::TLS_1_3,
    };
    let builder = reqwest::Client::builder().tls_version_max(newest);
    builder.tls_danger_accept_invalid_certs(true).build().unwrap()
}

async fn run(kind: &str, count: usize) {
    let shared = client();
    let mut tasks = Vec::new();
    for number in 0..count {
        let client = if kind == "closing" { client() } else { shared.clone() };
        let body = match kind {
            "large" => chat(0).replace("count me", &"x".repeat(1 << 20)),
            _ => chat(number),
        };
        // Connections and their calls move between threads, as the runtime likes it.
        let task = tokio::spawn(async move { call(&client, body).await });
        match kind {
            "many" => tasks.push(task),
            _ => task.await.unwrap(),
        }
    }
    for task in tasks {
        task.await.unwrap();
    }
}

/// Before the line of input and behind it on one connection, then on one each.
async fn pause(count: usize) {
    let kept = client();
    call(&kept, chat(0)).await;
    println!("ready");
    io::stdin().read_line(&mut String::new()).unwrap();
    call(&kept, chat(0)).await;
    run("closing", count).await;
}

fn main() {
    #[cfg(feature = "aws-lc")]
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    #[cfg(feature = "ring")]
    let provider = rustls::crypto::ring::default_provider();
    provider.install_default().unwrap();
    let args: Vec<String> = env::args().collect();
    if let Ok(wait) = env::var("WAIT_FIRST_MS") {
        thread::sleep(time::Duration::from_millis(wait.parse().unwrap()));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()
        .unwrap();
    let count = args[2].parse().unwrap();
    if args[1] == "pause" {
        runtime.block_on(pause(count));
    } else {
        runtime.block_on(run(&args[1], count));
    }
}
