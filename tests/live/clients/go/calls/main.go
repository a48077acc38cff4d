// SPDX-License-Identifier: BSD-2-Clause

// calls WAY COUNT: COUNT calls by net/http or crypto/tls, from any Go since 1.18.
//
//	mixed:   all at the same time, each from a goroutine of its own: plain, streamed, of two APIs
//	many:    one after the other on one connection
//	large:   the same with 2 MiB in each request
//	pause:   one, a wait for a line of input, then the rest, on one connection
//	stack:   by crypto/tls alone, into a buffer on the stack; prints how often it moved meanwhile
//	dropped: connections that are dropped without a Close, every second one in the middle of the
//	         answer, of another model; prints how many addresses they had
//	counted: waits for a line of input; by crypto/tls alone, a connection for each; prints how often
//	         it wrote and read, and how often it shook hands and closed
//	woken:   a request that is none, connects to ever new addresses for COUNT ms, then two calls
//
// With WAIT_FIRST=300ms in the environment it waits that long before the first; SIM_PROXY is a proxy
// to go through.
package main

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	neturl "net/url"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"
	"unsafe"
)

const (
	chat   = `{"model":"gpt-4o","messages":[{"role":"user","content":"count me"}]}`
	stream = `{"model":"gpt-4o","messages":[{"role":"user","content":"count me"}],` +
		`"stream":true,"stream_options":{"include_usage":true}}`
	claude = `{"model":"claude-sonnet-4-5","max_tokens":9,"stream":true,"messages":[]}`
)

var url, test = os.Getenv("SIM_URL"), os.Getenv("SIM_TEST")

func try(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func post(path, body string) {
	request, err := http.NewRequest("POST", url+path, strings.NewReader(body))
	try(err)
	request.Header.Set("content-type", "application/json")
	request.Header.Set("x-sim-test", test)
	answer, err := http.DefaultClient.Do(request)
	try(err)
	_, err = io.Copy(io.Discard, answer.Body)
	try(err)
	try(answer.Body.Close())
	if answer.StatusCode != 200 {
		try(fmt.Errorf("status %d", answer.StatusCode))
	}
}

func one(i int) {
	switch i % 3 {
	case 0:
		post("/v1/chat/completions", chat)
	case 1:
		post("/v1/chat/completions", stream)
	case 2:
		post("/v1/messages", claude)
	}
}

func mixed(count int) {
	var all sync.WaitGroup
	for i := 0; i < count; i++ {
		all.Add(1)
		go func(i int) {
			defer all.Done()
			one(i)
		}(i)
	}
	all.Wait()
}

func many(count int) {
	for i := 0; i < count; i++ {
		one(i)
	}
}

func large(count int) {
	for i := 0; i < count; i++ {
		post("/v1/chat/completions", strings.Replace(chat, "count me", strings.Repeat("x", 2<<20), 1))
	}
}

func pause(count int) {
	one(0)
	fmt.Println("ready")
	_, err := bufio.NewReader(os.Stdin).ReadString('\n')
	try(err)
	for i := 1; i < count; i++ {
		one(i)
	}
}

func connect() (*tls.Conn, net.Conn) {
	host := strings.TrimPrefix(url, "https://")
	name, _, err := net.SplitHostPort(host)
	try(err)
	socket, err := net.Dial("tcp", host)
	try(err)
	return tls.Client(socket, &tls.Config{ServerName: name}), socket
}

func ask(c *tls.Conn, chat string) {
	_, err := io.WriteString(c, "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\n"+
		"content-type: application/json\r\nconnection: close\r\nx-sim-test: "+test+
		"\r\ncontent-length: "+strconv.Itoa(len(chat))+"\r\n\r\n"+chat)
	try(err)
}

// Reads the answer; whether the stack, and the buffer with it, moved meanwhile.
func answerOnStack(c *tls.Conn) bool {
	var buffer [900]byte
	moved := false
	for {
		before := uintptr(unsafe.Pointer(&buffer))
		_, err := c.Read(buffer[:])
		moved = moved || before != uintptr(unsafe.Pointer(&buffer))
		if err == io.EOF {
			return moved
		}
		try(err)
	}
}

func stack(count int) {
	moves := 0
	for i := 0; i < count; i++ {
		c, _ := connect()
		ask(c, chat)
		moved := make(chan bool)
		go func() { moved <- answerOnStack(c) }() // a goroutine begins with a small stack
		if <-moved {
			moves++
		}
		try(c.Close())
	}
	fmt.Println(moves)
}

func drop(whole bool) string {
	c, socket := connect()
	if whole {
		ask(c, chat)
		_, err := io.Copy(io.Discard, c)
		try(err)
	} else {
		ask(c, strings.Replace(chat, "gpt-4o", "gpt-4o-mini", 1))
		_, err := c.Read(make([]byte, 40))
		try(err)
	}
	try(socket.Close())
	return fmt.Sprintf("%p", c)
}

func dropped(count int) {
	addresses := map[string]bool{}
	for i := 0; i < count; i++ {
		addresses[drop(i%2 == 1)] = true
		runtime.GC()
	}
	fmt.Println(len(addresses))
}

func counted(count int) {
	moves, buffer := 0, make([]byte, 100) // an answer takes several reads
	fmt.Println("ready")
	_, err := bufio.NewReader(os.Stdin).ReadString('\n')
	try(err)
	for i := 0; i < count; i++ {
		c, _ := connect()
		try(c.Handshake())
		ask(c, chat)
		for err = nil; err == nil; moves++ {
			_, err = c.Read(buffer)
		}
		if err != io.EOF {
			try(err)
		}
		try(c.Close())
		moves++
	}
	fmt.Println(moves, 2*count)
}

func woken(milliseconds int) {
	answer, err := http.Get(url + "/robots.txt")
	try(err)
	_, err = io.Copy(io.Discard, answer.Body)
	try(err)
	try(answer.Body.Close())
	until := time.Now().Add(time.Duration(milliseconds) * time.Millisecond)
	for i := 1; time.Now().Before(until); i++ {
		// Nobody is there: it is refused at once.
		if socket, err := net.Dial("tcp", fmt.Sprintf("127.1.%d.%d:9", i/250, i%250+1)); err == nil {
			socket.Close()
		}
		time.Sleep(100 * time.Millisecond)
	}
	http.DefaultClient.CloseIdleConnections()
	many(2)
}

func main() {
	ways := map[string]func(int){"mixed": mixed, "many": many, "large": large, "pause": pause,
		"stack": stack, "dropped": dropped, "counted": counted, "woken": woken}
	count, err := strconv.Atoi(os.Args[2])
	try(err)
	wait, _ := time.ParseDuration(os.Getenv("WAIT_FIRST"))
	time.Sleep(wait)
	if proxy := os.Getenv("SIM_PROXY"); proxy != "" {
		to, err := neturl.Parse(proxy)
		try(err)
		http.DefaultTransport.(*http.Transport).Proxy = http.ProxyURL(to)
	}
	ways[os.Args[1]](count)
}
