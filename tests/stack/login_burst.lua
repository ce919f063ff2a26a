-- For wrk: attempts to log in, as a guesser of passwords makes them. Ends with "answered N refused N".
wrk.method = "POST"
wrk.path = "/wp-login.php"
wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
wrk.headers["Host"] = os.getenv("HOST_NAME")
wrk.body = "log=captain&pwd=guessed"

function done(summary)
    local refused = summary.errors.status
    io.write(string.format("answered %d refused %d\n", summary.requests - refused, refused))
end
