"""Edges with other ways to ask: Envoy's HTTP mode, nginx, HAProxy, Caddy, each with its file in deploy/."""

import edge
import stack
from edge import Edge

DEPLOY = stack.ROOT / "deploy"
CADDY = stack.BUILD / "venv" / "bin" / "caddy"


class NginxEdge(Edge):
    """nginx with deploy/nginx.conf."""

    def start_proxy(self):
        config = stack.write_config(DEPLOY / "nginx.conf", self.folder / "nginx.conf", self.ports)
        # As root the workers are root too, since long bodies are kept in this folder. Others can't change the user.
        command = ["/usr/sbin/nginx", "-p", self.folder, "-c", config, "-g", "user root;"]
        self.programs.append(stack.start_proxy("nginx", command, self.ports["envoy"], self.folder / "nginx.log"))


class HAProxyEdge(Edge):
    """HAProxy with `sample` of deploy/haproxy; `script` may edit the text of its Lua file."""

    sample = "haproxy.cfg"
    script = staticmethod(lambda text: text)

    def start_proxy(self):
        script = (DEPLOY / "haproxy" / "sessiongate.lua").read_text()
        (self.folder / "sessiongate.lua").write_text(self.script(script))
        config = stack.write_config(DEPLOY / "haproxy" / self.sample, self.folder / "haproxy.cfg", self.ports)
        text = config.read_text().replace("deploy/haproxy/", f"{self.folder}/")
        config.write_text(self.change(text))
        command = ["/usr/sbin/haproxy", "-f", config]
        self.programs.append(stack.start_proxy("HAProxy", command, self.ports["envoy"], self.folder / "haproxy.log"))


class OAuth1OnlyEdge(HAProxyEdge):
    """HAProxy that asks about OAuth 1 alone."""

    sample = "oauth1-only.cfg"


class CaddyEdge(Edge):
    """Caddy with deploy/Caddyfile, which keeps its own files in the folder too."""

    def start_proxy(self):
        config = stack.write_config(DEPLOY / "Caddyfile", self.folder / "Caddyfile", self.ports)
        text = self.change(config.read_text()).replace("\n:10000 {", f"\n:{self.ports['envoy']} {{")
        config.write_text("{\n\tadmin off\n}\n" + text)
        own = [f"XDG_CONFIG_HOME={self.folder}", f"XDG_DATA_HOME={self.folder}"]
        command = ["env", *own, CADDY, "run", "--adapter", "caddyfile", "--config", config]
        self.programs.append(stack.start_proxy("Caddy", command, self.ports["envoy"], self.folder / "caddy.log"))


def plenty(text):
    return text.replace("gt 10 }", "gt 100000 }")


KINDS = {
    "envoy-http": lambda folder: Edge(folder, source=DEPLOY / "envoy-http.yaml"),
    "nginx": lambda folder: NginxEdge(folder, change=str),
    "haproxy": lambda folder: HAProxyEdge(folder, change=plenty),
    "caddy": lambda folder: CaddyEdge(folder, change=str),
}


# What a client may write to be somebody else: the names of the identity headers, and others that CGI takes for them.
FORGED = edge.FORGED | {
    "X_Session_User_Id": "1",
    "x-session_user-id": "1",
    "x-session-user_id": "1",
    "x_session-sub": "mw:local:wiki:1",
    "X.Session.User.Id": "1",
    "x-session.class": "approved-bot",
}
