package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestExecute(t *testing.T) {
	for _, tt := range []struct {
		name string
		args []string
		out  string // part of what is printed
		want int
	}{
		{"help says what is not there yet", []string{"--help"}, "does not do that yet", 0},
		{"version", []string{"--version"}, "postern-operator", 0},
		{"without a word it does not pretend to work", nil, "see --help", 1},
		{"unknown flag", []string{"--namespace", "x"}, "not defined", 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			if got := execute(tt.args, &out, &out); got != tt.want || !strings.Contains(out.String(), tt.out) {
				t.Errorf("status %d, printed %q; want %d and %q", got, out.String(), tt.want, tt.out)
			}
		})
	}
}
