package main

import (
	"fmt"
	"log/slog"

	"github.com/spf13/pflag"
)

// logFlags say what people are told while a command works.
type logFlags struct{ level, format string }

func (f *logFlags) declare(flags *pflag.FlagSet) {
	flags.StringVar(&f.level, "log-level", "warn", "`debug|info|warn|error`")
	flags.StringVar(&f.format, "log-format", "text", "`text|json`")
}

// logger makes the log, and e say all else in the same form.
func (f *logFlags) logger(e *env) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(f.level)); err != nil {
		return nil, &usageError{text: fmt.Sprintf("--log-level=%s: debug, info, warn or error", f.level)}
	}
	options := &slog.HandlerOptions{Level: level}
	switch f.format {
	case "text":
		return slog.New(slog.NewTextHandler(e.stderr, options)), nil
	case "json":
		e.json = true
		return slog.New(slog.NewJSONHandler(e.stderr, options)), nil
	}
	return nil, &usageError{text: fmt.Sprintf("--log-format=%s: text or json", f.format)}
}
