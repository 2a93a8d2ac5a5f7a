package config

import (
	"regexp"
	"testing"

	"cel.dev/cel-go/cel"
)

// What the API server takes for an issuer is what the daemon takes.
//
// covers: K01, S25
func TestIssuersAtAdmission(t *testing.T) {
	rule := regexp.MustCompile(`rule="(self\.size\(\) == 0 .*?)",message=`).FindStringSubmatch(readComments(t)["OIDC.Issuer"])
	if rule == nil {
		t.Fatal("there is no rule about the issuer")
	}
	env, err := cel.NewEnv(cel.Variable("self", cel.StringType))
	if err != nil {
		t.Fatal(err)
	}
	ast, issues := env.Compile(rule[1])
	if issues.Err() != nil {
		t.Fatal(issues.Err())
	}
	program, err := env.Program(ast)
	if err != nil {
		t.Fatal(err)
	}
	for issuer, want := range map[string]bool{
		"https://id.acme.example":            true,
		"https://id.acme.example/realms/a":   true,
		"http://localhost":                   true,
		"http://localhost:9998/":             true,
		"http://127.0.0.1:9998/realms/a":     true,
		"http://[::1]:9998":                  true,
		"http://id.acme.example":             false,
		"http://localhost.evil.example":      false,
		"http://127.0.0.1.evil.example":      false,
		"http://localhost@id.acme.example/x": false,
		"http://127.0.0.2":                   false,
		"ftp://localhost":                    false,
		"id.acme.example":                    false,
	} {
		got, _, err := program.Eval(map[string]any{"self": issuer})
		if err != nil {
			t.Fatal(err)
		}
		if got.Value() != want {
			t.Errorf("the API server takes %s: %v", issuer, got)
		}
		var problems Problems
		newChecker("HelpCenter", Metadata{Name: "acme", Namespace: "support"}, &problems).webAddress("issuer", issuer)
		if taken := len(problems) == 0; taken != want {
			t.Errorf("Validate takes %s: %t", issuer, taken)
		}
	}
}
