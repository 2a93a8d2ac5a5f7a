package interop

import (
	"testing"

	"github.com/posterndesk/postern/test/peers"
)

func TestMain(m *testing.M) { peers.RunTests(m) }
