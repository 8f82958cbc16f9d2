package main

import (
	"context"
	"fmt"
	"net/http"
	"os"

	"github.com/Khan/genqlient/graphql"
)

type signedIn struct{ token string }

func (s signedIn) RoundTrip(r *http.Request) (*http.Response, error) {
	r.Header.Set("Authorization", "Bearer "+s.token)
	return http.DefaultTransport.RoundTrip(r)
}

func main() {
	client := graphql.NewClient(os.Args[1], &http.Client{Transport: signedIn{os.Args[2]}})
	// What is left out goes as "".
	page, err := Page(context.Background(), client, 2, "")
	if err != nil {
		panic(err)
	}
	input := PlaceFlashOrderInput{ItemId: os.Args[3], Quantity: 1, IdempotencyKey: "genqlient"}
	bought, err := Buy(context.Background(), client, input)
	if err != nil {
		panic(err)
	}
	order, is := bought.PlaceFlashOrder.(*BuyPlaceFlashOrder)
	if !is {
		panic(fmt.Sprintf("%#v", bought.PlaceFlashOrder))
	}
	fmt.Println(len(page.Products.Edges), order.Status)
}
