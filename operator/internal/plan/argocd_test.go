package plan

import (
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/parse"
	"sigs.k8s.io/yaml"

	"github.com/posterndesk/postern/config"
)

// argoVerdicts are what Argo CD is to say where kstatus says something.
var argoVerdicts = map[status.Status]string{
	status.CurrentStatus: "Healthy", status.FailedStatus: "Degraded", status.InProgressStatus: "Progressing",
}

const argoFolder = "../../../examples/argocd/"

// argoHealth is the script that we give to Argo CD.
var argoHealth = sync.OnceValues(func() (*lua.FunctionProto, error) {
	raw, err := os.ReadFile(argoFolder + "health.lua")
	if err != nil {
		return nil, err
	}
	chunk, err := parse.Parse(strings.NewReader(string(raw)), "health.lua")
	if err != nil {
		return nil, err
	}
	return lua.Compile(chunk, "health.lua")
})

// argoVerdict is what Argo CD makes of an object: it runs the script with obj, in a
// state that has but these libraries.
func argoVerdict(t tb, object map[string]any) string {
	t.Helper()
	script, err := argoHealth()
	if err != nil {
		t.Fatalf("read the script: %v", err)
	}
	l := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer l.Close()
	for name, open := range map[string]lua.LGFunction{lua.BaseLibName: lua.OpenBase, lua.TabLibName: lua.OpenTable} {
		if err := l.CallByParam(lua.P{Fn: l.NewFunction(open), Protect: true}, lua.LString(name)); err != nil {
			t.Fatalf("open %s: %v", name, err)
		}
	}
	l.SetGlobal("obj", luaValue(l, object))
	l.Push(l.NewFunctionFromProto(script))
	if err := l.PCall(0, 1, nil); err != nil {
		t.Fatalf("run the script: %v", err)
	}
	health, ok := l.Get(-1).(*lua.LTable)
	if !ok || health.RawGetString("message").String() == "" {
		t.Fatalf("the script returns %v", l.Get(-1))
		return ""
	}
	return health.RawGetString("status").String()
}

// luaValue turns JSON over, as Argo CD does.
func luaValue(l *lua.LState, value any) lua.LValue {
	switch v := value.(type) {
	case map[string]any:
		table := l.NewTable()
		for name, member := range v {
			table.RawSetString(name, luaValue(l, member))
		}
		return table
	case []any:
		table := l.NewTable()
		for _, item := range v {
			table.Append(luaValue(l, item))
		}
		return table
	case string:
		return lua.LString(v)
	case bool:
		return lua.LBool(v)
	case int64:
		return lua.LNumber(v)
	case float64:
		return lua.LNumber(v)
	default:
		return lua.LNil
	}
}

// TestArgoConfigMap holds that the ConfigMap has the script for all three kinds.
func TestArgoConfigMap(t *testing.T) {
	script, err := os.ReadFile(argoFolder + "health.lua")
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(argoFolder + "argocd-cm.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var configMap struct{ Data map[string]string }
	if err := yaml.Unmarshal(raw, &configMap); err != nil {
		t.Fatal(err)
	}
	if len(configMap.Data) != 3 {
		t.Errorf("it has %d entries", len(configMap.Data))
	}
	for _, kind := range []string{config.KindHelpCenter, config.KindTicketForm, config.KindMailbox} {
		if configMap.Data["resource.customizations.health."+config.Group+"_"+kind] != string(script) {
			t.Errorf("the script of %s is another one than health.lua", kind)
		}
	}
}
