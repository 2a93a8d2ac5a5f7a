package eml

import "fmt"

// FaultCode names one kind of defect that was repaired, or one limit that bit.
type FaultCode string

// Limits that bit. What lies beyond the limit is left out of the reading, never
// out of the raw bytes.
const (
	FaultDepthLimit        FaultCode = "depth-limit"         // deeper than [MaxDepth]
	FaultPartLimit         FaultCode = "part-limit"          // more than [MaxParts]
	FaultHeaderBytesLimit  FaultCode = "header-bytes-limit"  // more than [MaxHeaderBytes]
	FaultHeaderFieldsLimit FaultCode = "header-fields-limit" // more than [MaxHeaderFields]
	FaultParamLimit        FaultCode = "param-limit"         // more than [MaxParams]
	FaultMailboxLimit      FaultCode = "mailbox-limit"       // more than [MaxMailboxes]
	FaultReferenceLimit    FaultCode = "reference-limit"     // more than [MaxReferences]
	FaultTextLimit         FaultCode = "text-limit"          // text part longer than [MaxTextBytes]
	FaultRescanLimit       FaultCode = "rescan-limit"        // more guesses than [MaxRescans] would be needed
	FaultReencodedLimit    FaultCode = "reencoded-limit"     // deeper than [MaxReencoded]
)

// Defects of the structure.
const (
	FaultMboxLine         FaultCode = "mbox-line"                 // "From " line of an mbox before the header
	FaultLeadingJunk      FaultCode = "leading-junk"              // byte order mark or blank lines before the header
	FaultHeaderGarbage    FaultCode = "header-garbage"            // line in the header that is no field
	FaultNoBlankLine      FaultCode = "no-blank-line"             // body follows the header without a blank line
	FaultHeaderNUL        FaultCode = "header-nul"                // NUL in a header field
	FaultDuplicateField   FaultCode = "duplicate-field"           // a field that may stand once stands several times
	FaultBoundaryMissing  FaultCode = "boundary-missing"          // multipart without a boundary parameter
	FaultBoundaryUnused   FaultCode = "boundary-unused"           // the declared boundary does not occur
	FaultBoundaryOpen     FaultCode = "boundary-open"             // no closing delimiter
	FaultReencoded        FaultCode = "reencoded-container"       // multipart or message under base64 or quoted-printable
	FaultTransferEncoding FaultCode = "transfer-encoding-unknown" // read as if it were binary
	FaultCharset          FaultCode = "charset-unknown"           // guessed from the bytes
	FaultTail             FaultCode = "unencoded-tail"            // plain lines under a body in base64
	FaultFileOpen         FaultCode = "file-open"                 // uuencoded file without its last line
	FaultTNEF             FaultCode = "tnef-broken"               // winmail.dat that could not be read to its end
	FaultCMS              FaultCode = "cms-unreadable"            // signed-data in which no content was found
)

// Defects of the fields that say who wrote what.
const (
	FaultFromCount         FaultCode = "from-count"          // not exactly one From field
	FaultFromUnclear       FaultCode = "from-unclear"        // From that readers may read differently
	FaultMessageIDConflict FaultCode = "message-id-conflict" // several different Message-IDs
	FaultMessageIDBad      FaultCode = "message-id-bad"      // Message-ID field without an id in it
	FaultDate              FaultCode = "date-unreadable"     // Date field that is no date
)

// Fault is the first occurrence of one kind of defect in a mail.
type Fault struct {
	Code   FaultCode
	Detail string // path of the part, and what was met there
}

// String is for logs: code and detail on one line.
func (f Fault) String() string {
	if f.Detail == "" {
		return string(f.Code)
	}
	return string(f.Code) + " (" + f.Detail + ")"
}

// faults keeps one fault per kind, so that a hostile mail cannot make the list
// of its defects larger than itself.
type faults []Fault

func (fs faults) has(code FaultCode) bool {
	for _, f := range fs {
		if f.Code == code {
			return true
		}
	}
	return false
}

// at notes a fault of the part at path. A hostile mail repeats its faults, so
// nothing is formatted or allocated but for the first.
func (fs *faults) at(code FaultCode, path string) {
	if !fs.has(code) {
		*fs = append(*fs, Fault{Code: code, Detail: "part " + path})
	}
}

// quoting is at with the beginning of the line that was met.
func (fs *faults) quoting(code FaultCode, path string, line []byte) {
	if !fs.has(code) {
		fs.add(code, "part %s: %.60q", path, line)
	}
}

func (fs *faults) add(code FaultCode, format string, args ...any) {
	if !fs.has(code) {
		*fs = append(*fs, Fault{Code: code, Detail: fmt.Sprintf(format, args...)})
	}
}
