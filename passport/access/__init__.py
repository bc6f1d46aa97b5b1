"""Who is calling: API clients, their tokens, and what each route asks of them."""
