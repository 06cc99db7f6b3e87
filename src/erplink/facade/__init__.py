"""The doors: connect, Erp, AsyncErp and the real Ios. The only room that knows httpx, anyio and threads."""
