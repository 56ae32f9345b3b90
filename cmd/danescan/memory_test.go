package main

import (
	"runtime/debug"
	"testing"
)

func TestSpareMemory(t *testing.T) {
	before := debug.SetGCPercent(100)
	defer debug.SetGCPercent(before)
	spareMemory(func(name string) (string, bool) { return "200", name == "GOGC" })
	if got := debug.SetGCPercent(100); got != 100 {
		t.Errorf("%d percent where GOGC is set, want what it was", got)
	}
	spareMemory(func(string) (string, bool) { return "", false })
	if got := debug.SetGCPercent(100); got != 50 {
		t.Errorf("%d percent, want 50", got)
	}
}
