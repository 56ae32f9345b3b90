package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/BurntSushi/toml"
	"github.com/spf13/pflag"
)

// configFlag declares --config on commands with settings worth keeping in a file.
func configFlag(flags *pflag.FlagSet) {
	flags.String("config", "", "TOML `FILE` with flags by name, for those not given here or in the environment")
}

// settle fills the flags that were not given: from DANESCAN_* in the environment,
// then from the config file. What is left keeps its default.
func settle(flags *pflag.FlagSet, lookup func(string) (string, bool)) error {
	if err := fromEnvironment(flags, lookup); err != nil {
		return err
	}
	config := flags.Lookup("config")
	if config == nil || config.Value.String() == "" {
		return nil
	}
	return fromFile(flags, config.Value.String())
}

func fromEnvironment(flags *pflag.FlagSet, lookup func(string) (string, bool)) error {
	var errs []error
	flags.VisitAll(func(f *pflag.Flag) {
		key := "DANESCAN_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		if value, ok := lookup(key); ok && !f.Changed && f.Name != "help" {
			if err := flags.Set(f.Name, value); err != nil {
				errs = append(errs, fmt.Errorf("%s in the environment: %w", key, err))
			}
		}
	})
	return errors.Join(errs...)
}

func fromFile(flags *pflag.FlagSet, path string) error {
	var settings map[string]any
	if _, err := toml.DecodeFile(path, &settings); err != nil {
		return fmt.Errorf("--config %s: %w", path, err)
	}
	for name, value := range settings {
		f := flags.Lookup(name)
		if f == nil || name == "config" || name == "help" {
			return fmt.Errorf("--config %s: %q is no setting of this command", path, name)
		}
		if f.Changed {
			continue
		}
		if err := flags.Set(name, tomlText(value)); err != nil {
			return fmt.Errorf("--config %s: %s: %w", path, name, err)
		}
	}
	return nil
}

// tomlText writes a TOML value as it would stand on the command line.
func tomlText(value any) string {
	values, ok := value.([]any)
	if !ok {
		return fmt.Sprint(value)
	}
	var parts []string
	for _, v := range values {
		parts = append(parts, fmt.Sprint(v))
	}
	return strings.Join(parts, ",")
}
