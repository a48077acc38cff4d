// SPDX-License-Identifier: BSD-2-Clause
// Real clients of JavaScript runtimes: js_client.mjs KIND COUNT, KIND being one of `clients`
import { createRequire } from "node:module";

const { SIM_URL, SIM_TEST, SIM_MODULES } = process.env;
const require = createRequire(SIM_MODULES + "/");
const headers = { "x-sim-test": SIM_TEST };
const messages = [{ role: "user", content: "count me" }];
const stream_options = { include_usage: true };
const [kind, count] = [process.argv[2], Number(process.argv[3])];

async function chat(fetch, i) {
	const stream = i % 2 === 1;
	const body = { model: "gpt-4o", messages, ...(stream && { stream, stream_options }) };
	const answer = await fetch(SIM_URL + "/v1/chat/completions", {
		method: "POST",
		headers: { ...headers, "content-type": "application/json" },
		body: JSON.stringify(body),
	});
	await answer.text();
	if (!answer.ok) throw new Error(String(answer.status));
}

const clients = {
	// All at once: many connections on one thread.
	async fetch() {
		await Promise.all(Array.from({ length: count }, (_, i) => chat(fetch, i)));
	},
	// One after the other, on a connection that is kept.
	async undici() {
		const undici = require("undici");
		for (let i = 0; i < count; i++) await chat(undici.fetch, i);
	},
	// HTTP/2: all at once on one connection.
	async undici_h2() {
		const undici = require("undici");
		const dispatcher = new undici.Agent({ allowH2: true, connections: 1, pipelining: 100 });
		const fetch = (url, options) => undici.fetch(url, { ...options, dispatcher });
		await chat(fetch, 0);
		await Promise.all(Array.from({ length: count - 1 }, (_, i) => chat(fetch, i)));
		await dispatcher.close();
	},
	async http2() {
		const http2 = await import("node:http2");
		const session = http2.connect(SIM_URL);
		const one = (i) => new Promise((done, failed) => {
			const stream = i % 2 === 1;
			const request = session.request({ ...headers, ":method": "POST",
				":path": "/v1/chat/completions", "content-type": "application/json" });
			request.on("response", (head) => head[":status"] === 200 || failed(head[":status"]));
			request.on("error", failed).on("end", done).resume();
			request.end(JSON.stringify(
				{ model: "gpt-4o", messages, ...(stream && { stream, stream_options }) }));
		});
		await Promise.all(Array.from({ length: count }, (_, i) => one(i)));
		session.close();
	},
	async openai() {
		const { OpenAI } = require("openai");
		const client = new OpenAI({ baseURL: SIM_URL + "/v1", apiKey: "sk-sim", defaultHeaders: headers });
		for (let i = 0; i < count; i++) {
			await client.chat.completions.create({ model: "gpt-4o", messages });
			const events = await client.chat.completions.create({
				model: "gpt-4o-mini", messages, stream: true, stream_options });
			for await (const _ of events);
			await client.responses.create({ model: "gpt-4o", input: "count me" });
		}
	},
	async anthropic() {
		const { Anthropic } = require("@anthropic-ai/sdk");
		const client = new Anthropic({ baseURL: SIM_URL, apiKey: "sk-sim", defaultHeaders: headers });
		for (let i = 0; i < count; i++) {
			await client.messages.create({ model: "claude-sonnet-4-5", max_tokens: 64, messages });
			const stream = client.messages.stream({ model: "claude-haiku-4-5", max_tokens: 64, messages });
			await stream.finalMessage();
		}
	},
	// Responses and Realtime over WebSockets, compressed as the library does by itself.
	async ws() {
		const WebSocket = require("ws");
		const ask = JSON.stringify({ type: "response.create", model: "gpt-4o", input: "count me" });
		const terms = { "x-sim-deflate": process.env.SIM_DEFLATE ?? "", "x-sim-pieces": "3" };
		for (const path of ["/v1/responses", "/v1/realtime?model=gpt-realtime"]) {
			const socket = new WebSocket(SIM_URL.replace("https", "wss") + path, {
				headers: { ...headers, ...terms }, perMessageDeflate: { threshold: 0 } });
			await new Promise((resolve, reject) => {
				let left = count;
				socket.on("open", () => socket.send(ask));
				socket.on("error", reject);
				socket.on("close", resolve);
				socket.on("message", (data) => {
					const { type } = JSON.parse(data);
					if (type !== "response.done" && type !== "response.completed") return;
					if (--left) socket.send(ask);
					else socket.close();
				});
			});
			if (!socket.extensions) throw new Error("not compressed");
		}
	},
	// The same on two streams of one connection of HTTP/2, behind a call.
	async ws_h2() {
		const { Agent, WebSocket, fetch } = require("undici");
		const ask = JSON.stringify({ type: "response.create", model: "gpt-4o", input: "count me" });
		const dispatcher = new Agent({ allowH2: true, connections: 1, pipelining: 100 });
		const get = (url, options) => fetch(url, { ...options, dispatcher });
		const terms = { "x-sim-deflate": process.env.SIM_DEFLATE ?? "", "x-sim-pieces": "3" };
		const session = (path) => new Promise((resolve, reject) => {
			let left = count;
			const socket = new WebSocket(SIM_URL.replace("https", "wss") + path, {
				dispatcher, headers: { ...headers, ...terms } });
			socket.addEventListener("open", () => socket.send(ask));
			socket.addEventListener("error", (event) => reject(event.error ?? event));
			socket.addEventListener("message", ({ data }) => {
				const { type } = JSON.parse(data);
				if (type !== "response.done" && type !== "response.completed") return;
				if (--left) socket.send(ask);
				else resolve(socket.close());
			});
		});
		await chat(get, 0);
		await Promise.all([session("/v1/responses"), session("/v1/realtime?model=gpt-realtime")]);
		process.exit(0); // its end is not waited for: undici does not tell it on HTTP/2
	},
	// A body larger than a TLS record, and than what one write of the runtime takes.
	async large() {
		const content = "x".repeat(1 << 20);
		for (let i = 0; i < count; i++) {
			const answer = await fetch(SIM_URL + "/v1/chat/completions", {
				method: "POST",
				headers: { ...headers, "content-type": "application/json" },
				body: JSON.stringify({ model: "gpt-4o", messages: [{ role: "user", content }] }),
			});
			await answer.text();
		}
	},
	// A connection for each call.
	async closing() {
		headers.connection = "close";
		for (let i = 0; i < count; i++) await chat(fetch, i);
	},
	// Streams are given up in their middle, each on a connection of its own; then calls are made.
	async abandon() {
		for (let i = 0; i < count; i++) {
			const abort = new AbortController();
			const answer = await fetch(SIM_URL + "/v1/messages", {
				method: "POST",
				signal: abort.signal,
				headers: { ...headers, "content-type": "application/json",
					"x-sim-events": "100", "x-sim-event-ms": "20" },
				body: JSON.stringify({ model: "claude-sonnet-4-5", max_tokens: 99, stream: true, messages }),
			});
			await answer.body.getReader().read();
			abort.abort();
		}
		headers.connection = "close";
		for (let i = 0; i < count; i++) await chat(fetch, 2 * i);
	},
	// TLS, but not HTTP.
	async greet() {
		const tls = await import("node:tls");
		for (let i = 0; i < count; i++)
			await new Promise((done, fail) => {
				const port = Number(process.env.GREETER);
				const socket = tls.connect({ port, host: "localhost", rejectUnauthorized: false },
					() => socket.write(Buffer.from([1, 2, 3, 4, 5, 6, 7, 8])));
				socket.on("data", () => socket.end());
				socket.on("close", done);
				socket.on("error", fail);
			});
		await new Promise((done) => setTimeout(done, 1000));
		console.log("done");
		await new Promise((done) => setTimeout(done, 3000));
	},
	async idle() {
		console.log("ready");
		await new Promise((done) => setTimeout(done, 600_000));
	},
};

await clients[kind]();
