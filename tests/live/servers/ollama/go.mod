module ollama

go 1.18
