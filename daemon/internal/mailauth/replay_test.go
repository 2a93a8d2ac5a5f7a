package mailauth

import (
	"fmt"
	"strings"
	"testing"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// A server that we believe may have changed a mail whose signature it found
// valid. The signature still tells copies.
//
// covers: M02
func TestVouchedSignatures(t *testing.T) {
	const id = "mx.host.example"
	const dkimPass = "Authentication-Results: " + id + "; dkim=pass header.d=example.com\r\n"
	const dmarcPass = "Authentication-Results: " + id + "; dmarc=pass header.from=example.com\r\n"
	const spfPass = "Authentication-Results: " + id + "; spf=pass smtp.mailfrom=example.com\r\n"
	signed := sign(t, letter()+words, nil)
	changed := strings.Replace(signed, "please help.", "please help.\r\n-- \r\nScanned.", 1)
	bogus := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "DKIM-Signature: v=1; a=rsa-sha256; d=mail.example.com; s=s%d; h=From; bh=aaaa; b=aaaa\r\n", i)
		}
		return b.String()
	}
	unaltered := mustCheck(t, keys(), direct(signed, badPeer, "")).Signatures
	if len(unaltered) != 1 {
		t.Fatalf("signatures = %v", unaltered)
	}
	for _, c := range []struct {
		name, raw string
		proof     helpdesk.Proof
		want      int  // signatures
		same      bool // that of the mail is among them
	}{
		{"unaltered", dkimPass + signed, helpdesk.ProofPass, 1, true},
		{"changed", dkimPass + changed, helpdesk.ProofPass, 1, true},
		{"changed, by DMARC", dmarcPass + changed, helpdesk.ProofPass, 1, true},
		{"changed, by SPF", spfPass + changed, helpdesk.ProofPass, 0, false},
		{"nobody vouches", changed, helpdesk.ProofNone, 0, false},
		{"another sender's signature", dmarcPass + strings.Replace(changed, "d=example.com", "d=evil.example", 1), helpdesk.ProofPass, 0, false},
		{"no signature but in name", dmarcPass + "DKIM-Signature: nonsense\r\nDKIM-Signature: d=example.com; b=?\r\n" + changed, helpdesk.ProofPass, 1, true},
		{"many", dkimPass + bogus(maxVouched-1) + changed, helpdesk.ProofPass, maxVouched, true},
		{"too many", dkimPass + bogus(maxVouched) + changed, helpdesk.ProofNone, 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := direct(c.raw, badPeer, "")
			m.SPF, m.Results = false, id
			v := mustCheck(t, keys(), m)
			same := strings.Contains(strings.Join(v.Signatures, " "), unaltered[0])
			if v.Trust.Proof != c.proof || len(v.Signatures) != c.want || same != c.same {
				t.Errorf("proof %s with %d signatures, known again %t; want %s, %d, %t: %v",
					v.Trust.Proof, len(v.Signatures), same, c.proof, c.want, c.same, v.Trust.Reasons)
			}
		})
	}
}
