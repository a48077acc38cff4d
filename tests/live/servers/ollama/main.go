// SPDX-License-Identifier: BSD-2-Clause

// A model server in Go, in the shape of Ollama's: lines of JSON, as net/http sends them.
//
//	ollama PORT
//
// A seed k is answered with 100 + k tokens in and k + 1 out.
package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
)

type question struct {
	Stream  *bool
	Options struct{ Seed int }
}

func last(k int) string {
	return fmt.Sprintf(`{"model":"llama3.2","created_at":"2026-11-24T09:12:01Z","message":`+
		`{"role":"assistant","content":""},"done_reason":"stop","done":true,`+
		`"total_duration":5191566416,"prompt_eval_count":%d,"eval_count":%d}`, 100+k, k+1)
}

func chat(w http.ResponseWriter, r *http.Request) {
	var q question
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
		http.Error(w, err.Error(), 400)
		return
	}
	if q.Stream != nil && !*q.Stream {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		fmt.Fprint(w, last(q.Options.Seed))
		return
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	for _, word := range strings.Fields("some words that stream") {
		fmt.Fprintf(w, `{"model":"llama3.2","message":{"role":"assistant","content":"%s"},"done":false}`+"\n", word)
		w.(http.Flusher).Flush()
	}
	fmt.Fprintln(w, last(q.Options.Seed))
}

func main() {
	http.HandleFunc("/api/chat", chat)
	if err := http.ListenAndServe("127.0.0.1:"+os.Args[1], nil); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
