// SPDX-License-Identifier: BSD-2-Clause

// openai COUNT: COUNT calls by OpenAI's own library for Go, all at the same time: chat completions
// and responses, plain and streamed in turn. WAIT_FIRST as in calls.
package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/responses"
)

func try(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	client := openai.NewClient(option.WithBaseURL(os.Getenv("SIM_URL")+"/v1"),
		option.WithAPIKey("sk-sim"), option.WithHeader("x-sim-test", os.Getenv("SIM_TEST")))
	ask := openai.ChatCompletionNewParams{
		Model:    openai.ChatModelGPT4o,
		Messages: []openai.ChatCompletionMessageParamUnion{openai.UserMessage("count me")},
	}
	asked := responses.ResponseNewParams{
		Model: openai.ChatModelGPT4o,
		Input: responses.ResponseNewParamsInputUnion{OfString: openai.String("count me")},
	}
	streamed := ask
	streamed.StreamOptions.IncludeUsage = openai.Bool(true)

	ways := []func(context.Context) error{
		func(ctx context.Context) error {
			_, err := client.Chat.Completions.New(ctx, ask)
			return err
		},
		func(ctx context.Context) error {
			stream := client.Chat.Completions.NewStreaming(ctx, streamed)
			for stream.Next() {
			}
			return stream.Err()
		},
		func(ctx context.Context) error {
			_, err := client.Responses.New(ctx, asked)
			return err
		},
		func(ctx context.Context) error {
			stream := client.Responses.NewStreaming(ctx, asked)
			for stream.Next() {
			}
			return stream.Err()
		},
	}
	count, err := strconv.Atoi(os.Args[1])
	try(err)
	wait, _ := time.ParseDuration(os.Getenv("WAIT_FIRST"))
	time.Sleep(wait)
	var all sync.WaitGroup
	for i := 0; i < count; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			try(ways[i%len(ways)](context.Background()))
		}()
	}
	all.Wait()
}
