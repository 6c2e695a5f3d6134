module peer

go 1.26.0

require (
	github.com/ash2k/stager v0.0.0-20170622123058-6e9c7b0eacd4
	github.com/atlassian/gostatsd v0.0.0-20180514010436-af796620006e
	github.com/cenkalti/backoff v2.2.1+incompatible
	github.com/gxed/GoEndian v0.0.0-20160916112711-0f5c6873267e
	github.com/gxed/eventfd v0.0.0-20160916113412-80a92cca79a8
	github.com/ipfs/go-log v1.0.4
	github.com/jbenet/go-reuseport v0.0.0-20180416043609-15a1cd37f050
	github.com/libp2p/go-reuseport v0.0.0-20180416043609-15a1cd37f050
	github.com/libp2p/go-sockaddr v0.1.0
)

require (
	github.com/aws/aws-sdk-go v1.55.8 // indirect
	github.com/json-iterator/go v1.1.12 // indirect
	github.com/sirupsen/logrus v1.10.2 // indirect
	github.com/spf13/pflag v1.0.10 // indirect
	github.com/spf13/viper v1.21.0 // indirect
	golang.org/x/time v0.16.0 // indirect
)
