package dane_test

import (
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"time"

	"danescan/scanner/dane"
)

// leafPEM is a self-signed certificate for mx.example.com, valid for a year.
const leafPEM = `-----BEGIN CERTIFICATE-----
MIIBojCCAUigAwIBAgIUTF9NRsaZDRnlKC6//Kg2vLER0R8wCgYIKoZIzj0EAwIw
GTEXMBUGA1UEAwwObXguZXhhbXBsZS5jb20wHhcNMjYxMTIxMjM1MTE1WhcNMjcx
MTIxMjM1MTE1WjAZMRcwFQYDVQQDDA5teC5leGFtcGxlLmNvbTBZMBMGByqGSM49
AgEGCCqGSM49AwEHA0IABDRG55K2oGolx5kYnraMW3dbD0X1cXvQqj3NmNDEvIr+
bTW7M3hK8B4+3V7ra4GNIXUwIoGaVt2Z+D59H2mSewWjbjBsMB0GA1UdDgQWBBSC
gJZlrX94hXXUqK+Rys7CgI76xTAfBgNVHSMEGDAWgBSCgJZlrX94hXXUqK+Rys7C
gI76xTAPBgNVHRMBAf8EBTADAQH/MBkGA1UdEQQSMBCCDm14LmV4YW1wbGUuY29t
MAoGCCqGSM49BAMCA0gAMEUCIHQSUK2Y9cW4pXbJB1fw9Gp11UjQaJPVcThSCpoV
MY8TAiEA9XJ9JhXiE0CCUNO0Ugha9kEkmXBLibYP0QkhZ5vEid4=
-----END CERTIFICATE-----`

// A record is made from the certificate that a server shows, and verifies it,
// even long after it expired.
func Example() {
	block, _ := pem.Decode([]byte(leafPEM))
	record, err := dane.Generate(dane.DANEEE, dane.SPKI, dane.SHA256, block.Bytes)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(record.ZoneLine("mx.example.com"))
	at := time.Date(2036, 1, 1, 0, 0, 0, 0, time.UTC)
	result := dane.Verify([]dane.Record{record}, dane.Chain{block.Bytes}, dane.Names{"mx.example.com"}, at)
	fmt.Println(result.Verified, result.Depth)
	// Output:
	// _25._tcp.mx.example.com. IN TLSA 3 1 1 b810cbbb70abbc0ff4a002e97cdc547319057c80b9e5561cd9a9c047e2c8df11
	// true 0
}

// Records come from DNS as octets. One that cannot be used is told from one that
// does not match.
func ExampleUsable() {
	for _, text := range []string{
		"030101" + "0000000000000000000000000000000000000000000000000000000000000000",
		"030101" + "00",
		"010101" + "0000000000000000000000000000000000000000000000000000000000000000",
	} {
		rdata, _ := hex.DecodeString(text)
		record, err := dane.Parse(rdata)
		if err != nil {
			fmt.Println(err)
			continue
		}
		ok, why := dane.Usable(record)
		fmt.Printf("%t %q\n", ok, why)
	}
	// Output:
	// true ""
	// false "digest-length"
	// false "pkix-usage"
}
