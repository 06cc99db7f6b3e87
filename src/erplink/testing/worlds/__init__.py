"""Stand-in ERP servers, one package per system. None of them shares code with the client side of erplink."""
