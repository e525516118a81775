// Command referee answers questions about Kubernetes objects by the implementations that clusters
// (and testers of clusters) run, so that polc's verifier is judged by others than its authors.
//
//	referee podsecurity|rbac|networkpolicy|selector|yaml
//
// It reads one JSON request a line and writes one JSON answer a line. A request that can't be
// understood is answered with {"error": "…"}; objects are read strictly, as the API server does it
// with fieldValidation=Strict.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	kjson "sigs.k8s.io/json"
)

// A judge answers one request, given as JSON.
type judge func(request []byte) (any, error)

var judges = map[string]judge{
	"podsecurity":   judgePod,
	"rbac":          judgeRequests,
	"networkpolicy": judgeTraffic,
	"selector":      judgeSelector,
	"yaml":          judgeText,
}

func main() {
	if len(os.Args) != 2 || judges[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: referee podsecurity|rbac|networkpolicy|selector|yaml")
		os.Exit(2)
	}
	if err := serve(judges[os.Args[1]]); err != nil {
		fmt.Fprintln(os.Stderr, "referee:", err)
		os.Exit(1)
	}
}

func serve(answer judge) error {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 64<<20)
	out := bufio.NewWriter(os.Stdout)
	encoder := json.NewEncoder(out)
	for lines.Scan() {
		if err := encoder.Encode(guarded(answer, lines.Bytes())); err != nil {
			return err
		}
		if err := out.Flush(); err != nil {
			return err
		}
	}
	return lines.Err()
}

// guarded turns errors and panics (cyclonus panics on what it does not understand) into answers.
func guarded(answer judge, request []byte) (result any) {
	defer func() {
		if problem := recover(); problem != nil {
			result = map[string]string{"error": fmt.Sprint("panic: ", problem)}
		}
	}()
	result, err := answer(request)
	if err != nil {
		return map[string]string{"error": err.Error()}
	}
	return result
}

// read decodes JSON strictly: no unknown fields, no field twice, names as they are written.
func read(data []byte, into any) error {
	strict, err := kjson.UnmarshalStrict(data, into)
	return errors.Join(append(strict, err)...)
}
