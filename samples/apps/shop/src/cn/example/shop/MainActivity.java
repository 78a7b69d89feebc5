package cn.example.shop;

import android.Manifest;
import android.app.Activity;
import android.content.ClipData;
import android.content.ClipboardManager;
import android.content.Context;
import android.content.Intent;
import android.os.Build;
import android.os.Bundle;
import android.util.Log;
import android.view.View;

import com.umeng.analytics.MobclickAgent;

/** Asks for everything at once on the first screen and reads the clipboard for share codes. */
public final class MainActivity extends Activity implements View.OnClickListener {
    @Override
    protected void onCreate(Bundle state) {
        super.onCreate(state);
        setContentView(R.layout.main);
        for (int id : new int[] {R.id.invite, R.id.scan, R.id.address, R.id.save, R.id.privacy}) {
            findViewById(id).setOnClickListener(this);
        }
        if (Build.VERSION.SDK_INT >= 23) {
            requestPermissions(new String[] {
                    Manifest.permission.READ_CONTACTS,
                    Manifest.permission.ACCESS_FINE_LOCATION,
                    Manifest.permission.READ_PHONE_STATE,
                    Manifest.permission.WRITE_EXTERNAL_STORAGE,
                    Manifest.permission.RECORD_AUDIO,
            }, 1);
        }
    }

    @Override
    protected void onResume() {
        super.onResume();
        MobclickAgent.onResume(this);
        String code = shareCode();
        if (code != null) {
            Log.i("shop", "share code " + code);
        }
    }

    private String shareCode() {
        ClipboardManager clipboard = (ClipboardManager) getSystemService(Context.CLIPBOARD_SERVICE);
        ClipData clip = clipboard.getPrimaryClip();
        if (clip == null || clip.getItemCount() == 0) {
            return null;
        }
        CharSequence text = clip.getItemAt(0).coerceToText(this);
        return text.toString().startsWith("#MALL") ? text.toString() : null;
    }

    @Override
    public void onClick(View view) {
        int id = view.getId();
        if (id == R.id.invite) {
            startActivity(new Intent(this, InviteActivity.class));
        } else if (id == R.id.scan) {
            startActivity(new Intent(this, ScanActivity.class));
        } else if (id == R.id.address) {
            startActivity(new Intent(this, AddressActivity.class));
        } else if (id == R.id.save) {
            MobclickAgent.onEvent(this, "save");
            Album.save(new byte[] {1, 2, 3});
        } else {
            startActivity(new Intent(this, PrivacyActivity.class));
        }
    }
}
